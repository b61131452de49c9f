/** How long and how often to measure. */
export interface Profile {
  readonly name: 'quick' | 'pair' | 'full';
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Bytes of values that a consumer reads in one round. */
  readonly consumeBytes: number;
  /** Every shape, or the ones that say most. */
  readonly cells: 'all' | 'few';
  /**
   * Before each run, with pages of files; it takes a minute the first time, and seconds after that. See
   * measure/used-memory.ts.
   */
  readonly fillsMemory: boolean;
  readonly startRounds: number;
  /** Rounds of what takes minutes to prepare or seconds to settle. */
  readonly slowRounds: number;
  /** No single run may take longer; one that does is ended and reported as failed. */
  readonly runTimeoutMs: number;
}

export const profiles: Readonly<Record<Profile['name'], Profile>> = {
  quick: {
    name: 'quick',
    rounds: 2,
    warmUpMs: 300,
    measureMs: 400,
    consumeBytes: 128 << 20,
    cells: 'few',
    fillsMemory: false,
    startRounds: 3,
    slowRounds: 1,
    runTimeoutMs: 20_000,
  },
  // Long enough for most of the code to be compiled, short enough for ten pairs of each shape.
  pair: {
    name: 'pair',
    rounds: 1,
    warmUpMs: 1000,
    measureMs: 2000,
    consumeBytes: 512 << 20,
    cells: 'all',
    fillsMemory: false,
    startRounds: 1,
    slowRounds: 1,
    runTimeoutMs: 60_000,
  },
  full: {
    name: 'full',
    rounds: 5,
    warmUpMs: 1000,
    measureMs: 2000,
    consumeBytes: 2 * 2 ** 30,
    cells: 'all',
    fillsMemory: true,
    startRounds: 11,
    slowRounds: 3,
    runTimeoutMs: 60_000,
  },
};

/** What both sides of every comparison share. The first two are the product's defaults. */
export const load = {
  batchBytesMax: 1 << 20,
  /** The product's 32 MiB buffer holds about this many full batches; 5 for each partition are in flight at most. */
  inFlightMax: (partitions: number): number => Math.min(5 * partitions, 30),
  /** What the product's tail cache, 64 MiB, holds for sure, with what a batch has beside its values. */
  tailBytes: 48 << 20,
} as const;

/** The cells of a table that the profile measures. */
export function cellsOf<T extends { readonly quick?: boolean }>(cells: readonly T[], profile: Profile): readonly T[] {
  return profile.cells === 'all' ? cells : cells.filter(({ quick }) => quick === true);
}
