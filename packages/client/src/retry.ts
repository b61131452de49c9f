import { QError } from '@q/protocol';

import type { Random } from './random.ts';

/** How long to wait between tries. */
export interface RetryOptions {
  /** The first wait is a random time up to this many milliseconds; default 50. */
  readonly initialMs?: number;
  /** No wait is longer than this many milliseconds; default 2,000. */
  readonly maxMs?: number;
}

export type RetryPolicy = Required<RetryOptions>;

/**
 * The wait before try number `attempt` (1 = the first retry), in milliseconds: exponential, bounded, with full jitter.
 * Full jitter (anything from nothing to the bound) spreads the clients of a broker that came back over the whole interval,
 * where a fixed wait would bring them all back in the same millisecond.
 */
export function backoffMs(policy: RetryPolicy, o: { attempt: number; random: Random }): number {
  // 2^30 is past any sensible bound; more would only lose precision.
  const exponent = Math.min(Math.max(0, o.attempt - 1), 30);
  const bound = Math.min(policy.maxMs, policy.initialMs * 2 ** exponent);
  return o.random.next() * bound;
}

/** Makes a QError of whatever was thrown, so that every error the client reports has a code and keeps its cause. */
export function toQError(error: unknown, what: string): QError {
  if (QError.is(error)) return error;
  return new QError('UNKNOWN', `${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
