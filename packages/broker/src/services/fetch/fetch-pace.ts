/**
 * How fast one fetch may go on where its caller has a quota: it waits while the caller is beyond, and then gets what a
 * second has.
 *
 * What will be read is not known before. So all that may be is counted as used, and what was not is given back at once:
 * many fetches of one caller that look at the same moment would otherwise all find it within its quota.
 */
import { throttleMsMax } from '@q/security';
import type { Caller } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { Throttle } from '../quotas/throttle.ts';

const kind = 'consumerByteRate';

/** The pace of one fetch. */
export interface Pace {
  /** How long it was held, in ms. */
  readonly throttledMs: number;
  /** How many of the bytes may be read now. 0: none, and there was enough of waiting. `used` must follow. */
  take(bytes: number): number | Promise<number>;
  /** So many of them were. */
  used(bytes: number): void;
}

/** Of fetches that began while there was no quota: they are all alike. */
export const noPace: Pace = { throttledMs: 0, take: (bytes) => bytes, used: () => undefined };

export class FetchPace implements Pace {
  throttledMs = 0;
  readonly #throttle: Pick<Throttle, 'isOn' | 'use' | 'owed' | 'atOnce' | 'hold'>;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #caller: Caller;
  readonly #waitMs: number | undefined;
  #untilMs: number | null = null;
  #countedBytes = 0;

  /** `waitMs` as `FetchQuery.quotaWaitMs`. */
  constructor(
    { throttle, clock }: { throttle: Pick<Throttle, 'isOn' | 'use' | 'owed' | 'atOnce' | 'hold'>; clock: Clock },
    waitMs: number | undefined,
    caller: Caller,
  ) {
    this.#throttle = throttle;
    this.#clock = clock;
    this.#waitMs = waitMs;
    this.#caller = caller;
  }

  take(bytes: number): number | Promise<number> {
    if (!this.#throttle.isOn) return bytes;
    const owedMs = this.#throttle.owed(this.#caller, kind);
    return owedMs === 0 ? this.#count(bytes) : this.#wait(bytes, owedMs);
  }

  used(bytes: number): void {
    if (this.#countedBytes === 0) return;
    this.#throttle.use(this.#caller, kind, bytes - this.#countedBytes);
    this.#countedBytes = 0;
  }

  async #wait(bytes: number, firstMs: number): Promise<number> {
    this.#untilMs ??= this.#clock.monotonic() + Math.min(this.#waitMs ?? throttleMsMax, throttleMsMax);
    for (let owedMs = firstMs; owedMs > 0; owedMs = this.#throttle.owed(this.#caller, kind)) {
      const leftMs = this.#untilMs - this.#clock.monotonic();
      if (leftMs <= 0 && this.#waitMs !== undefined) return 0;
      if (leftMs <= 0 || this.#caller.signal.aborted) break;
      // As a long poll: many that wait keep nothing else of their connection waiting.
      const unpark = this.#caller.budget.park(1);
      this.throttledMs += await this.#throttle.hold(this.#caller, kind, Math.min(owedMs, leftMs));
      unpark?.();
    }
    return this.#count(bytes);
  }

  #count(bytes: number): number {
    this.#countedBytes = Math.min(bytes, Math.max(1, this.#throttle.atOnce(this.#caller, kind)));
    this.#throttle.use(this.#caller, kind, this.#countedBytes);
    return this.#countedBytes;
  }
}
