/** What a look at an object store has found. */
export interface StoreReport {
  /** Which store, in words, without secrets. */
  readonly store: string;
  /** Whether a cluster may use it. */
  readonly isFit: boolean;
  /** What it did wrong, in one sentence; null when nothing. */
  readonly fault: string | null;
  readonly findings: readonly StoreFinding[];
  readonly latencies: readonly StoreLatency[];
  /** Names that could not be deleted again; all begin with `probe/`. */
  readonly leftBehind: number;
}

/** What one check has found. */
export interface StoreFinding {
  readonly check: StoreCheckName;
  /** `failed`: a cluster would lose messages, or not work. `warned`: it works, and something is not as it could be. */
  readonly verdict: 'passed' | 'warned' | 'failed' | 'skipped';
  /** One sentence. */
  readonly said: string;
}

/** What is looked at, in this order. */
export type StoreCheckName =
  | 'reach'
  | 'create once'
  | 'races, small'
  | 'races, 1 MiB'
  | 'read'
  | 'parts'
  | 'checksum'
  | 'list'
  | 'delete'
  | 'bytes stay';

/** How long it took to create objects, one after another. */
export interface StoreLatency {
  readonly sizeBytes: number;
  readonly count: number;
  readonly medianMs: number;
  readonly maxMs: number;
}
