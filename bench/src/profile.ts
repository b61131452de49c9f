/** How long and how often to measure. */
export interface Profile {
  readonly name: 'quick' | 'full';
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Bytes of values that a consumer reads in one round. */
  readonly consumeBytes: number;
  /** Every combination, or the ones that say most. */
  readonly cells: 'all' | 'few';
  readonly startRounds: number;
  /** No single run may take longer; one that does is ended and reported as failed. */
  readonly runTimeoutMs: number;
}

export const profiles: Readonly<Record<Profile['name'], Profile>> = {
  quick: {
    name: 'quick',
    rounds: 2,
    warmUpMs: 400,
    measureMs: 800,
    consumeBytes: 128 << 20,
    cells: 'few',
    startRounds: 3,
    runTimeoutMs: 20_000,
  },
  full: {
    name: 'full',
    rounds: 5,
    warmUpMs: 1500,
    measureMs: 3000,
    consumeBytes: 1 << 30,
    cells: 'all',
    startRounds: 11,
    runTimeoutMs: 60_000,
  },
};

/** What both sides of every comparison share. The first two are the product's defaults. */
export const load = {
  batchBytesMax: 1 << 20,
  /** The product's 32 MiB buffer holds about this many full batches; 5 for each partition are in flight at most. */
  inFlightMax: (partitions: number): number => Math.min(5 * partitions, 30),
  latencyRatePerSecond: 1000,
  callers: [1, 64],
} as const;
