import type { Clock } from '@q/storage';
import { calmStore, drawFate } from './weather.ts';
import type { RequestFate, StoreWeather } from './weather.ts';

/** The world of a bucket. */
export interface MemoryBucketOptions {
  /** Of the world between the bucket and those who use it: it goes on when one of them stops. */
  readonly clock: Pick<Clock, 'schedule'>;
  /** Chance, in [0, 1); from a seed, so that the same seed gives the same run. Not asked while all is calm. */
  readonly next: () => number;
  /** Default: calm. */
  readonly weather?: StoreWeather;
}

/**
 * Objects in memory, for simulations: the world's one bucket. Each process of the world has its own way to it, a
 * `MemoryObjectStore`. In calm weather everything is done before a call returns, and no timer runs.
 */
export class MemoryBucket {
  readonly #clock: Pick<Clock, 'schedule'>;
  readonly #next: () => number;
  readonly #objects = new Map<string, Buffer>();
  /** May change at any time, and counts for the requests that are sent from then on. */
  weather: StoreWeather;

  constructor(options: MemoryBucketOptions) {
    this.#clock = options.clock;
    this.#next = options.next;
    this.weather = options.weather ?? calmStore;
  }

  /** The bytes under a name as they are now, without any weather; for checks. Must not be changed. */
  peek(name: string): Buffer | undefined {
    return this.#objects.get(name);
  }

  /** All names, in the order of their bytes, without any weather; for checks. */
  get names(): string[] {
    return [...this.#objects.keys()].toSorted();
  }

  /** True: the name had none. The bytes are the bucket's from now on. */
  put(name: string, bytes: Buffer): boolean {
    if (this.#objects.has(name)) return false;
    this.#objects.set(name, bytes);
    return true;
  }

  /** Takes the object away, if there is one. */
  remove(name: string): void {
    this.#objects.delete(name);
  }

  /** Whether the next thing that chance decides is so; for stale lists. */
  flip(): boolean {
    return this.#next() < 0.5;
  }

  /** What becomes of the request that is sent now. */
  fate(): RequestFate {
    return this.weather === calmStore ? calmFate : drawFate(this.weather, this.#next);
  }

  /** Runs what happens after so long; at once where that is no time. */
  after(delayMs: number, run: () => void): void {
    if (delayMs === 0) run();
    else this.#clock.schedule(delayMs, run);
  }
}

const calmFate: RequestFate = drawFate(calmStore, () => 0);
