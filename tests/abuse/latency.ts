export interface Latency {
  readonly records: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export function latencyOf(samples: readonly number[]): Latency {
  const sorted = samples.toSorted((left, right) => left - right);
  const at = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;
  return { records: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
