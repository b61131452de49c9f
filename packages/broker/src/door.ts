import type { LentMemory } from '@q/protocol';
import type { Clock } from './clock.ts';
import type { BrokerLimits } from './limits.ts';
import type { BrokerLogger } from './logger.ts';
import type { RequestMeter } from './metrics/request-meter.ts';
import type { Random } from './random.ts';
import type { Services } from './services/services.ts';
import type { TlsOptions } from './transport/tls-options.ts';
import type { SessionIdentity } from './services/identity/session-identity.ts';
import type { Link, OpenSession } from './transport/session.ts';

/**
 * One more protocol, on a port of its own. It works on the same services, within the same budgets, as the native one.
 */
export interface Door {
  /** Names it in the log, in errors, in statistics, and in `Broker.doors`. */
  readonly name: string;
  /** Default: the broker's host. */
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Encrypts. Default: plain. */
  readonly tls?: TlsOptions;
  /** True: when another program has the port, the broker says so in its log and goes on without this door. */
  readonly isOptional?: boolean;
  /** What sets the port, as the log names it when the port is taken: a flag, a variable. */
  readonly portSetting?: string;
  /** Called once, when the broker has read its data. The result begins a session on each new connection. */
  readonly open: (services: Services, tools: DoorTools) => OpenSession;
}

/** What a protocol may use besides the services. */
export interface DoorTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
  readonly meter: RequestMeter;
  /** Finds out whose a connection is; one for each connection. */
  readonly identityOf: (link: Link) => SessionIdentity;
  /** Memory of large frames that is used again, or null. */
  readonly frames: LentMemory | null;
  /** Where the door is, once it is open. */
  readonly address: () => { readonly host: string; readonly port: number };
}

/** Where a door is. */
export interface DoorAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}
