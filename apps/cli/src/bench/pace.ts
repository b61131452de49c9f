import { setTimeout as sleep } from 'node:timers/promises';

export interface PaceOptions {
  /** A second; undefined: as many as can be. */
  readonly rate: number | undefined;
  /** Undefined: without end. */
  readonly records: number | undefined;
  readonly durationMs: number | undefined;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/**
 * When each record is due. With a rate a record that could not be sent in time stays due at its own time: what it
 * waited for its turn is part of how long it took, or a broker that stands still for a second would be told as one slow
 * record.
 */
export class Pace {
  readonly #o: PaceOptions;
  readonly #startMs: number = performance.now();
  #given = 0;

  constructor(options: PaceOptions) {
    this.#o = options;
  }

  get given(): number {
    return this.#given;
  }

  /** The time at which the next record is due, when it is; null: there is none any more. */
  next(): number | null | Promise<number | null> {
    const { rate, records, durationMs, signal } = this.#o;
    if (signal.aborted || this.#given === records) return null;
    const nowMs = performance.now();
    const dueMs = rate === undefined ? nowMs : this.#startMs + (this.#given * 1000) / rate;
    if (durationMs !== undefined && Math.max(dueMs, nowMs) - this.#startMs >= durationMs) return null;
    if (dueMs <= nowMs) {
      this.#given += 1;
      return dueMs;
    }
    return this.#later(dueMs - nowMs);
  }

  async #later(waitMs: number): Promise<number | null> {
    // Timers tell whole milliseconds: with many records a second, a few are due at once.
    await sleep(waitMs, undefined, { signal: this.#o.signal }).catch(() => undefined);
    return this.next();
  }
}
