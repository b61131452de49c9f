import type { LentMemory } from '@q/protocol';
import type { Clock } from '../../clock.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { BrokerCounters } from '../../metrics/counters.ts';
import type { Services } from '../../services/services.ts';
import type { SessionIdentity } from '../../services/identity/session-identity.ts';
import type { BrokerTracing } from '../../tracing/tracing.ts';
import type { Link, OpenSession } from '../../transport/session.ts';
import { registerApis } from './apis/register-apis.ts';
import { Dispatcher } from './dispatcher.ts';
import { NativeSession } from './native-session.ts';
import { RequestPace } from './request-pace.ts';

export interface NativeOptions {
  readonly services: Services;
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
  readonly counters: BrokerCounters;
  /** Null: nobody wants spans. */
  readonly tracing: BrokerTracing | null;
  /** Memory of large frames that is used again, or null. */
  readonly frames: LentMemory | null;
  readonly advertised: { readonly host: string; readonly port: number };
  /** Finds out whose a connection is. */
  readonly identityOf: (link: Link) => SessionIdentity;
  /** Where whoever dialled that address of ours finds the admin interface; null where it finds none. */
  readonly adminUrlFor: (localAddress: string) => string | null;
}

/** Sessions of the native protocol. */
export function openNative(options: NativeOptions): OpenSession {
  const { clock, limits, logger, counters, frames, identityOf, services } = options;
  const copyToLetGo = frames?.copyOf;
  const pace = new RequestPace(services.throttle);
  const dispatcher = new Dispatcher({ clock, logger, counters, pace, ...(copyToLetGo && { copyToLetGo }) });
  registerApis(dispatcher, options);
  const allocateFrame = frames?.take ?? ((length: number) => Buffer.allocUnsafe(length));
  const host = { dispatcher, limits, identityOf, allocateFrame };
  return (link) => new NativeSession(host, link);
}
