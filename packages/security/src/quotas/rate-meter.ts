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

/** How far anybody is held to be beyond, in ms: what many connections have used together is paid off in that time. */
const beyondMsMax = 30_000;

/** Buckets of tokens: says how long whoever uses something has to wait. */
export class RateMeter {
  readonly #buckets = new Map<string, Bucket>();

  get size(): number {
    return this.#buckets.size;
  }

  /**
   * Notes a use, and gives how long to wait after it, in ms. `nowMs` is that of a clock that never goes back. What is
   * negative is given back.
   */
  use(quota: QuotaInForce, amount: number, nowMs: number): number {
    const { perSecond, sharedBy } = quota;
    const filledMax = perSecond * (1 + beyondMsMax / 1000);
    const filled = Math.min(filledMax, Math.max(0, this.#filled(quota, nowMs) + amount));
    this.#buckets.delete(sharedBy);
    this.#buckets.set(sharedBy, { filled, atMs: nowMs });
    if (this.#buckets.size > securityLimits.quotaUsersMax) this.#buckets.delete(this.#buckets.keys().next().value!);
    return waitOf(filled, perSecond);
  }

  /** How long to wait before the next use, in ms. Nothing is noted. */
  owed(quota: QuotaInForce, nowMs: number): number {
    return waitOf(this.#filled(quota, nowMs), quota.perSecond);
  }

  /** Everybody begins anew. */
  clear(): void {
    this.#buckets.clear();
  }

  #filled({ perSecond, sharedBy }: QuotaInForce, nowMs: number): number {
    const before = this.#buckets.get(sharedBy);
    return before === undefined ? 0 : Math.max(0, before.filled - ((nowMs - before.atMs) * perSecond) / 1000);
  }
}

function waitOf(filled: number, perSecond: number): number {
  const beyond = filled - perSecond;
  return beyond <= 0 ? 0 : Math.min(throttleMsMax, Math.ceil((beyond * 1000) / perSecond));
}
