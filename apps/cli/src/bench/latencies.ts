import { createHistogram } from 'node:perf_hooks';

/** Times in milliseconds, as `--json` writes them. */
export interface LatencySummary {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Counts how long things took, to three digits, in the same memory however many there are. */
export class Latencies {
  readonly #histogram = createHistogram();

  add(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * 1000)));
  }

  /** Null: nothing was counted. */
  summary(): LatencySummary | null {
    const histogram = this.#histogram;
    if (histogram.count === 0) return null;
    const at = (percentile: number): number => histogram.percentile(percentile) / 1000;
    return { samples: histogram.count, p50Ms: at(50), p99Ms: at(99), p999Ms: at(99.9), maxMs: histogram.max / 1000 };
  }
}
