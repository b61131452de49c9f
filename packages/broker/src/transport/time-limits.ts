import type { BrokerLimits } from '../limits.ts';

/** How long a connection has been doing what. Times are monotonic ms, null where nothing of the kind goes on. */
export interface ConnectionTimes {
  readonly now: number;
  readonly state: 'hello' | 'stranger' | 'open' | 'closing';
  /** When the connection began, or its closing. */
  readonly since: number;
  /** The last progress of a write that is under way. */
  readonly stalledSince: number | null;
  /** The first byte of a frame that is not complete. */
  readonly frameBegunAt: number | null;
  /** The last frame, when nothing is in flight. */
  readonly idleSince: number | null;
  readonly hasUnsent: boolean;
  /** All connections together have as much unsent as they may: others wait for what this one does not take. */
  readonly isOutputShort: boolean;
}

type TimeLimit =
  | 'outputStallMs'
  | 'outputStallShortMs'
  | 'helloTimeoutMs'
  | 'authenticationTimeoutMs'
  | 'lingerTimeoutMs'
  | 'frameTimeoutMs'
  | 'idleTimeoutMs';

/** The limit that a connection has exceeded, or null. */
export function exceededTimeLimit(limits: Pick<BrokerLimits, TimeLimit>, times: ConnectionTimes): TimeLimit | null {
  const { now, state, since, stalledSince, frameBegunAt, idleSince, hasUnsent, isOutputShort } = times;
  const exceeds = (limit: TimeLimit, begunAt: number | null): boolean =>
    begunAt !== null && now - begunAt > limits[limit];
  if (exceeds('outputStallMs', stalledSince)) return 'outputStallMs';
  if (isOutputShort && exceeds('outputStallShortMs', stalledSince)) return 'outputStallShortMs';
  switch (state) {
    case 'hello':
      return exceeds('helloTimeoutMs', since) ? 'helloTimeoutMs' : null;
    case 'stranger':
      // What it waits for, as a login that is held back, takes the broker's time and not its own.
      return exceeds('authenticationTimeoutMs', idleSince === null ? null : since) ? 'authenticationTimeoutMs' : null;
    case 'closing':
      return !hasUnsent && exceeds('lingerTimeoutMs', since) ? 'lingerTimeoutMs' : null;
    case 'open':
      if (exceeds('frameTimeoutMs', frameBegunAt)) return 'frameTimeoutMs';
      return exceeds('idleTimeoutMs', idleSince) ? 'idleTimeoutMs' : null;
  }
}
