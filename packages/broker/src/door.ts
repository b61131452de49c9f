import type { Services } from './services/services.ts';
import type { OpenSession } from './transport/session.ts';

/**
 * One more protocol, on a port of its own. It works on the same services, within the same budgets, as the native one.
 */
export interface Door {
  /** Names it in the log, in errors, and in `Broker.doors`. */
  readonly name: string;
  /** Default: the broker's host. */
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Called once, when the broker has read its data. The result begins a session on each new connection. */
  readonly open: (services: Services) => OpenSession;
}

/** Where a door is. */
export interface DoorAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}
