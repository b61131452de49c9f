import type { LogClock } from '../../src/log/log-clock.ts';

/** A clock that the test moves. */
export class FakeLogClock implements LogClock {
  #ms = 0;
  #timers: { readonly dueMs: number; readonly run: () => void }[] = [];

  now(): number {
    return Date.UTC(2026, 10, 30) + this.#ms;
  }

  monotonic(): number {
    return this.#ms;
  }

  schedule(delayMs: number, run: () => void): { cancel(): void } {
    const timer = { dueMs: this.#ms + delayMs, run };
    this.#timers.push(timer);
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) };
  }

  advance(ms: number): void {
    const endMs = this.#ms + ms;
    for (;;) {
      const due = this.#timers.filter(({ dueMs }) => dueMs <= endMs).toSorted((a, b) => a.dueMs - b.dueMs)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#ms = Math.max(this.#ms, due.dueMs);
      due.run();
    }
    this.#ms = endMs;
  }

  get timers(): number {
    return this.#timers.length;
  }
}
