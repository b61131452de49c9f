import type { LentMemory } from '@q/protocol';
import type { Clock } from './clock.ts';
import type { BrokerLimits } from './limits.ts';
import type { HostAndPort, ListenerAuthentication } from './listener-authentication.ts';
import type { BrokerLogger } from './logger.ts';
import type { RequestMeter } from './metrics/request-meter.ts';
import type { Random } from './random.ts';
import type { Services } from './services/services.ts';
import type { TlsOptions } from './tls/tls-options.ts';
import type { SessionIdentity } from './services/identity/session-identity.ts';
import type { Link, OpenSession } from './transport/session.ts';

/** What listeners of one more protocol speak. */
export interface DoorProtocol {
  /** Names it in the log, in errors, in statistics, and in `Broker.doors`. */
  readonly name: string;
  /** Called once for each listener, when the broker has read its data. The result begins a session on a connection. */
  readonly open: (services: Services, tools: DoorTools) => OpenSession;
}

/**
 * One more protocol, on a port of its own. It works on the same services, within the same budgets, as the native one.
 */
export interface Door extends DoorProtocol {
  /** Default: the broker's host. */
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Encrypts. Default: plain. */
  readonly tls?: TlsOptions;
  /** How whoever comes in shows who they are. Default: as `security` has it. */
  readonly authentication?: 'none' | ListenerAuthentication;
  /** Where clients are told to connect. Default: the address that each has dialled. */
  readonly advertised?: HostAndPort;
  /** True: when another program has the port, the broker says so in its log and goes on without this door. */
  readonly isOptional?: boolean;
  /** What sets the port, as the log names it when the port is taken: a flag, a variable. */
  readonly portSetting?: string;
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
  /** Name of the listener. */
  readonly listener: string;
  /** Where clients of this listener are told to connect; null: where they have dialled. */
  readonly advertised: HostAndPort | null;
  /** Where the door is, once it is open. */
  readonly address: () => HostAndPort;
}

/** Where a door is. */
export interface DoorAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}
