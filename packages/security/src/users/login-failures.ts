/**
 * How long the answer to a failed login is held back: longer with each failure of the same user from the same address.
 * Nobody is locked out, so that nobody can lock out somebody else.
 *
 * Invariant: at most `loginFailuresMax` entries, in the order of their last failures; the oldest one goes first.
 */
import { securityLimits } from '../limits.ts';

interface Failures {
  readonly count: number;
  readonly lastMs: number;
}

/** Counts failed logins, and says how long the next has to wait. */
export class LoginFailures {
  readonly #entries = new Map<string, Failures>();

  /** Notes a failure, and says how long its answer waits, in ms. `nowMs` is that of a clock that never goes back. */
  failed(user: string, address: string, nowMs: number): number {
    const { loginDelayMsMin, loginDelayMsMax, loginFailuresForgottenMs, loginFailuresMax } = securityLimits;
    const key = `${address} ${user}`;
    const before = this.#entries.get(key);
    const isFresh = before !== undefined && nowMs - before.lastMs < loginFailuresForgottenMs;
    const count = isFresh ? before.count + 1 : 1;
    this.#entries.delete(key);
    this.#entries.set(key, { count, lastMs: nowMs });
    if (this.#entries.size > loginFailuresMax) this.#entries.delete(this.#entries.keys().next().value!);
    // No shift beyond what a number holds: an attacker can go on for long.
    return Math.min(loginDelayMsMax, loginDelayMsMin * 2 ** Math.min(count - 1, 16));
  }

  /** Somebody has shown who they are. */
  succeeded(user: string, address: string): void {
    this.#entries.delete(`${address} ${user}`);
  }

  get size(): number {
    return this.#entries.size;
  }
}
