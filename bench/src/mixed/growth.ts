/*
 * Whether memory grows, told from samples that go up and down with every collection: by their lower envelope. What is
 * needed lies at its bottom; what waits for the collector does not.
 */
export interface Growth {
  /** By how much the envelope rises while it was looked at. */
  readonly bytes: number;
  readonly bytesPerHour: number;
  /** The middle of the envelope. */
  readonly typicalBytes: number;
}

export interface PointInTime {
  readonly atMs: number;
  readonly bytes: number;
}

/** Of the whole time: caches fill, code is compiled, pools find their size. */
const warmUpShare = 1 / 4;
/** In each, the least counts. */
const windows = 12;

/** Null where there are too few samples to tell: fewer than two for each window. */
export function growthOf(samples: readonly PointInTime[]): Growth | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return null;
  const fromMs = first.atMs + (last.atMs - first.atMs) * warmUpShare;
  const counted = samples.filter(({ atMs }) => atMs >= fromMs);
  if (counted.length < windows * 2) return null;
  const least = Array.from({ length: windows }, (_, index) =>
    leastOf(counted.slice((index * counted.length) / windows, ((index + 1) * counted.length) / windows)),
  );
  const bytesPerMs = medianSlope(least);
  return {
    bytes: bytesPerMs * (last.atMs - fromMs),
    bytesPerHour: bytesPerMs * 3_600_000,
    typicalBytes: median(least.map(({ bytes }) => bytes)),
  };
}

function leastOf(samples: readonly PointInTime[]): PointInTime {
  return samples.reduce((least, sample) => (sample.bytes < least.bytes ? sample : least));
}

/**
 * The median of the slopes between any two (Theil and Sen): a window that no collection fell into does not decide it.
 */
function medianSlope(points: readonly PointInTime[]): number {
  const slopes = points.flatMap((from, index) =>
    points
      .slice(index + 1)
      .flatMap((to) => (to.atMs > from.atMs ? [(to.bytes - from.bytes) / (to.atMs - from.atMs)] : [])),
  );
  return median(slopes);
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  return sorted[sorted.length >> 1] ?? 0;
}
