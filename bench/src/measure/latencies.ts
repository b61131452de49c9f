import { createHistogram } from 'node:perf_hooks';
import type { RecordableHistogram } from 'node:perf_hooks';

/** Milliseconds. */
export interface Percentiles {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly p9999Ms: number;
  readonly maxMs: number;
  readonly count: number;
}

/** `percent` of all took `ms` at most. */
export interface CurvePoint {
  readonly percent: number;
  readonly ms: number;
}

/** Where curves are drawn through: the tail is what they are for. */
const curvePercents = [1, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.975, 99.99] as const;

/** Latencies to three significant digits, up to a minute. */
export class Latencies {
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: 60_000_000_000, figures: 3 });

  /** A clock that goes back would be a bug of the measurement; less than a nanosecond counts as one. */
  record(milliseconds: number): void {
    this.#histogram.record(Math.max(1, Math.round(milliseconds * 1e6)));
  }

  reset(): void {
    this.#histogram.reset();
  }

  percentiles(): Percentiles {
    return {
      p50Ms: this.#at(50),
      p90Ms: this.#at(90),
      p99Ms: this.#at(99),
      p999Ms: this.#at(99.9),
      p9999Ms: this.#at(99.99),
      maxMs: this.#histogram.max / 1e6,
      count: this.#histogram.count,
    };
  }

  /** Only percentiles that at least one of the samples lies beyond: the others would all be the longest. */
  curve(): CurvePoint[] {
    const { count } = this.#histogram;
    return curvePercents
      .filter((percent) => (count * (100 - percent)) / 100 >= 1)
      .map((percent) => ({ percent, ms: this.#at(percent) }));
  }

  #at(percent: number): number {
    return this.#histogram.percentile(percent) / 1e6;
  }
}
