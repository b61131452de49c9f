/**
 * How far somebody is beyond what they may use in a second. What was used is never taken back: whoever is beyond is
 * told how long to wait, and is within again after that time.
 *
 * A bucket that holds one second's worth and runs empty at the rate of the quota; it may be overfull, because a request
 * that has come is served.
 *
 * Invariant: at most `quotaUsersMax` buckets. The one that was used least recently goes first, which lets its owner
 * begin with an empty one.
 */
import { securityLimits } from '../limits.ts';
import type { QuotaInForce } from './quota-book.ts';

interface Bucket {
  filled: number;
  atMs: number;
}

/** Longest wait that is asked for, in ms, as Kafka's window of ten seconds makes it. */
export const throttleMsMax = 10_000;

/** Buckets of tokens: says how long whoever uses something has to wait. */
export class RateMeter {
  readonly #buckets = new Map<string, Bucket>();

  get size(): number {
    return this.#buckets.size;
  }

  /** Notes a use, and gives how long to wait after it, in ms. `nowMs` is that of a clock that never goes back. */
  use({ perSecond, sharedBy }: QuotaInForce, amount: number, nowMs: number): number {
    const before = this.#buckets.get(sharedBy);
    const left = before === undefined ? 0 : Math.max(0, before.filled - ((nowMs - before.atMs) * perSecond) / 1000);
    const filled = left + amount;
    this.#buckets.delete(sharedBy);
    this.#buckets.set(sharedBy, { filled, atMs: nowMs });
    if (this.#buckets.size > securityLimits.quotaUsersMax) this.#buckets.delete(this.#buckets.keys().next().value!);
    const beyond = filled - perSecond;
    return beyond <= 0 ? 0 : Math.min(throttleMsMax, Math.ceil((beyond * 1000) / perSecond));
  }
}
