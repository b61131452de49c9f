import type { Clock } from '../clock.ts';

/** Records of a burst that share one look at the clock, at the most. */
const recordsPerLookMax = 64;

/*
 * The time that records get which bring none, and that batches begin at. A look at the clock takes as long as a good
 * part of a record does, longer in a virtual machine, so records that are enqueued one after another share looks.
 *
 * Invariants
 * - Nothing is shared beyond one turn of the event loop.
 * - As many share a look as came in twice the time before, while the millisecond stayed the same: who computes between
 *   records gets a look for each, and only the first ones after a burst can be late.
 */
export class RecordTime {
  readonly #clock: Pick<Clock, 'now' | 'monotonic' | 'defer'>;
  #nowMs = 0;
  /** Null until somebody asks for it after the last look. */
  #monotonicMs: number | null = null;
  #share = 1;
  /** Records that still share the last look. */
  #left = 0;
  #isTurnNoted = false;

  constructor(clock: Pick<Clock, 'now' | 'monotonic' | 'defer'>) {
    this.#clock = clock;
  }

  /** Milliseconds since 1970. */
  now(): number {
    if (this.#left === 0) return this.#look();
    this.#left -= 1;
    return this.#nowMs;
  }

  /** Milliseconds of the monotonic clock, shared in the same way. */
  monotonic(): number {
    this.now();
    return (this.#monotonicMs ??= this.#clock.monotonic());
  }

  #look(): number {
    const nowMs = this.#clock.now();
    this.#monotonicMs = null;
    this.#share = this.#isTurnNoted && nowMs === this.#nowMs ? Math.min(2 * this.#share, recordsPerLookMax) : 1;
    this.#nowMs = nowMs;
    this.#left = this.#share - 1;
    if (!this.#isTurnNoted) {
      this.#isTurnNoted = true;
      this.#clock.defer(this.#turnIsOver);
    }
    return nowMs;
  }

  readonly #turnIsOver = (): void => {
    this.#isTurnNoted = false;
    this.#left = 0;
  };
}
