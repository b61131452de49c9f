import type { Clock } from '../../clock.ts';

/** Work between two looks at the clock, in bytes of batches: a millisecond or so of the slowest there are. */
const lookBytes = 256 * 1024;

/**
 * How long one piece of work has been going on. Looks at the clock only now and then, as a look takes as long as a good
 * part of a small batch does; what is small never looks.
 */
export class TimeSlice {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #sliceMs: number;
  #bytes = 0;
  #begunAt: number | null = null;

  constructor(clock: Pick<Clock, 'monotonic'>, sliceMs: number) {
    this.#clock = clock;
    this.#sliceMs = sliceMs;
  }

  /** Whether it is time to give way, before the next batch of so many bytes. */
  isOver(bytes: number): boolean {
    this.#bytes += bytes;
    if (this.#bytes < lookBytes) return false;
    this.#bytes = 0;
    const now = this.#clock.monotonic();
    this.#begunAt ??= now;
    return now - this.#begunAt > this.#sliceMs;
  }

  beginAnew(): void {
    this.#bytes = 0;
    this.#begunAt = null;
  }
}
