/**
 * How guesses at passwords are slowed (SEC-9): the answer to a failed login is held back, longer with each failure of
 * the same user from the same network, and until then nobody else from there is checked as that user. So whoever opens
 * many connections, or hangs up instead of waiting, guesses no faster than on one.
 *
 * Once a network has failed a few times, its checks take turns whomever they are about. Whoever has come in from there
 * lately takes none: one program with a wrong password holds up nobody whom the broker knows. Nobody is locked out for
 * good, and nobody by what happens elsewhere, so that nobody can lock out somebody else.
 *
 * Invariant: each map has at most `loginFailuresMax` entries in the order of their last changes; the oldest goes first.
 */
import { networkOf } from '../acl/network.ts';
import { securityLimits } from '../limits.ts';

interface Failures {
  readonly count: number;
  readonly lastMs: number;
  /** When the next one may be checked. */
  readonly freeAtMs: number;
}

const { loginDelayMsMin, loginDelayMsMax, loginFailuresForgottenMs, loginFailuresMax } = securityLimits;
const { networkFailuresFree, networkTurnMs, cameInForgottenMs } = securityLimits;

/** Counts failed logins, and says how long the next has to wait. `nowMs` is that of a clock that never goes back. */
export class LoginFailures {
  /** By user and network. */
  readonly #users = new Map<string, Failures>();
  readonly #networks = new Map<string, Failures>();
  /** When a user came in from a network last. */
  readonly #cameIn = new Map<string, number>();

  /** How long a password waits until it may be checked, in ms. Whoever waits asks again after it. */
  waitMs(user: string, address: string, nowMs: number): number {
    const network = networkOf(address);
    const key = `${network} ${user}`;
    const own = fresh(this.#users.get(key), nowMs);
    return Math.max(0, (own?.freeAtMs ?? 0) - nowMs, this.#networkWaitMs(key, network, nowMs));
  }

  /** Notes a failure, and says how long its answer waits, in ms. Nobody named: `user` is the same for all of them. */
  failed(user: string, address: string, nowMs: number): number {
    const count = this.#note(this.#users, `${networkOf(address)} ${user}`, { nowMs, delayOf });
    return delayOf(count);
  }

  /** A password was wrong: from this moment on the next one waits. `failed` follows, and counts it. */
  guessed(user: string, address: string, nowMs: number): void {
    const network = networkOf(address);
    const waitOf = (count: number): number => (count > networkFailuresFree ? networkTurnMs : 0);
    this.#note(this.#networks, network, { nowMs, delayOf: waitOf });
    const key = `${network} ${user}`;
    const count = fresh(this.#users.get(key), nowMs)?.count ?? 0;
    putLast(this.#users, key, { count, lastMs: nowMs, freeAtMs: nowMs + delayOf(count + 1) });
  }

  /** Somebody has shown who they are. */
  succeeded(user: string, address: string, nowMs: number): void {
    const key = `${networkOf(address)} ${user}`;
    this.#users.delete(key);
    putLast(this.#cameIn, key, nowMs);
  }

  get size(): number {
    return this.#users.size + this.#networks.size + this.#cameIn.size;
  }

  #networkWaitMs(key: string, network: string, nowMs: number): number {
    const failures = fresh(this.#networks.get(network), nowMs);
    if (failures === null) return 0;
    const cameInMs = this.#cameIn.get(key) ?? -Infinity;
    return nowMs - cameInMs < cameInForgottenMs ? 0 : failures.freeAtMs - nowMs;
  }

  #note(
    entries: Map<string, Failures>,
    key: string,
    { nowMs, delayOf: waitOf }: { readonly nowMs: number; readonly delayOf: (count: number) => number },
  ): number {
    const count = (fresh(entries.get(key), nowMs)?.count ?? 0) + 1;
    putLast(entries, key, { count, lastMs: nowMs, freeAtMs: nowMs + waitOf(count) });
    return count;
  }
}

/** Null: there is none, or it was too long ago. */
function fresh(failures: Failures | undefined, nowMs: number): Failures | null {
  return failures !== undefined && nowMs - failures.lastMs < loginFailuresForgottenMs ? failures : null;
}

/** No shift beyond what a number holds: an attacker can go on for long. */
function delayOf(count: number): number {
  return Math.min(loginDelayMsMax, loginDelayMsMin * 2 ** Math.min(count - 1, 16));
}

function putLast<T>(entries: Map<string, T>, key: string, value: T): void {
  entries.delete(key);
  entries.set(key, value);
  if (entries.size > loginFailuresMax) entries.delete(entries.keys().next().value!);
}
