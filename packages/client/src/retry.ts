import { QError } from '@q/protocol';

import type { Random } from './random.ts';
import { shownThrown } from './shown.ts';

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
 * Full jitter (anything from nothing to the bound) spreads the clients of a broker that came back over the whole
 * interval, where a fixed wait would bring them all back in the same millisecond.
 */
export function backoffMs(policy: RetryPolicy, o: { attempt: number; random: Random }): number {
  // 2^30 is past any sensible bound; more would only lose precision.
  const exponent = Math.min(Math.max(0, o.attempt - 1), 30);
  const bound = Math.min(policy.maxMs, policy.initialMs * 2 ** exponent);
  return o.random.next() * bound;
}

/** The longest wait that a broker may ask for, in ms: one that is wrong must not stop a client for good. */
export const askedPauseMsMax = 30_000;

/**
 * As `backoffMs`, and no less than the broker has asked for (`details.retryAfterMs`): it knows better how long a disk
 * stays full. Up to a quarter more, so that not everybody comes at once.
 */
export function pauseMs(policy: RetryPolicy, o: { attempt: number; random: Random; error: QError }): number {
  const asked = o.error.details['retryAfterMs'];
  const ownMs = backoffMs(policy, o);
  if (typeof asked !== 'number' || !(asked > 0)) return ownMs;
  return Math.max(ownMs, Math.min(asked, askedPauseMsMax) * (1 + o.random.next() / 4));
}

/**
 * As `toQError`, for what went wrong before anything was sent: that is a certain failure, where `UNKNOWN` would say
 * that nobody knows whether it took effect.
 */
export function notSent(error: unknown, what: string): QError {
  if (QError.is(error)) return error;
  return new QError('INVALID_REQUEST', `${what}, so nothing was sent: ${shownThrown(error)}`, { cause: error });
}

/**
 * What a failure says. Of a name with several addresses Node tells the failure of each, and of all together nothing.
 */
export function reasonOf(error: Error): string {
  if (error.message !== '') return error.message;
  if (error instanceof AggregateError) return error.errors.map(shownThrown).join(', ');
  return error.name;
}

/** Makes a QError of whatever was thrown, so that every error the client reports has a code and keeps its cause. */
export function toQError(error: unknown, what: string): QError {
  if (QError.is(error)) return error;
  return new QError('UNKNOWN', `${what}: ${shownThrown(error)}`, { cause: error });
}
