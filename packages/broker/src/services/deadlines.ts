/**
 * One timer for the deadlines of many: sessions and rebalances of groups, transactions that take too long.
 *
 * A deadline may be noted too early, never too late: heartbeats only ever move it away, and to note each of them would
 * cost more than to look once in vain. Whoever is called looks what is really due and notes the next deadline.
 *
 * Invariants:
 *  1. While there are deadlines the timer is armed for the earliest, or for the end of the pause after the last firing.
 *     Without any there is no timer: an idle broker does nothing.
 *  2. It fires at most once in `pauseMs`.
 */
import type { Clock, Scheduled } from '../clock.ts';

export class Deadlines<T> {
  readonly #clock: Pick<Clock, 'monotonic' | 'schedule'>;
  readonly #pauseMs: number;
  readonly #due: (owner: T) => void;
  readonly #deadlines = new Map<T, number>();
  #timer: Scheduled | null = null;
  #armedForMs = Infinity;
  #notBeforeMs = 0;
  #isStopped = false;

  /** `due` is called with each owner whose deadline has come; the deadline is forgotten before. */
  constructor(options: { clock: Pick<Clock, 'monotonic' | 'schedule'>; pauseMs: number; due: (owner: T) => void }) {
    this.#clock = options.clock;
    this.#pauseMs = options.pauseMs;
    this.#due = options.due;
  }

  has(owner: T): boolean {
    return this.#deadlines.has(owner);
  }

  /** Notes by when `due` is to be called for the owner, on the monotonic clock; null: not at all. */
  set(owner: T, deadlineMs: number | null): void {
    if (deadlineMs === null) {
      this.#deadlines.delete(owner);
      return;
    }
    this.#deadlines.set(owner, deadlineMs);
    if (deadlineMs < this.#armedForMs) this.#arm(deadlineMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #arm(deadlineMs: number): void {
    if (this.#isStopped) return;
    const forMs = Math.max(deadlineMs, this.#notBeforeMs);
    if (forMs >= this.#armedForMs) return;
    this.#timer?.cancel();
    this.#armedForMs = forMs;
    this.#timer = this.#clock.schedule(Math.max(0, forMs - this.#clock.monotonic()), () => this.#fire());
  }

  #fire(): void {
    const nowMs = this.#clock.monotonic();
    this.#timer = null;
    this.#armedForMs = Infinity;
    this.#notBeforeMs = nowMs + this.#pauseMs;
    const due = [...this.#deadlines].filter(([, deadlineMs]) => deadlineMs <= nowMs);
    for (const [owner] of due) this.#deadlines.delete(owner);
    for (const [owner] of due) this.#due(owner);
    this.#armForEarliest();
  }

  #armForEarliest(): void {
    let earliestMs = Infinity;
    for (const deadlineMs of this.#deadlines.values()) earliestMs = Math.min(earliestMs, deadlineMs);
    if (earliestMs < Infinity) this.#arm(earliestMs);
  }
}
