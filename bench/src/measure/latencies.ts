import { createHistogram } from 'node:perf_hooks';
import type { RecordableHistogram } from 'node:perf_hooks';

/** Milliseconds. */
export interface Percentiles {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  readonly count: number;
}

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
    const at = (percent: number): number => this.#histogram.percentile(percent) / 1e6;
    return {
      p50Ms: at(50),
      p90Ms: at(90),
      p99Ms: at(99),
      p999Ms: at(99.9),
      maxMs: this.#histogram.max / 1e6,
      count: this.#histogram.count,
    };
  }
}
