import type { ProcessCost } from './measure/process-usage.ts';

/** What one run of one program found. */
export interface Sample {
  /** The number that is compared, in the unit of its case. */
  readonly value: number;
  /** Further numbers of the same run, e.g. percentiles in ms. */
  readonly details?: Readonly<Record<string, number>>;
  readonly processes?: readonly ProcessCost[];
}

/** One way to do the work of a case: the bare program, or the product. */
export interface Variant {
  readonly name: VariantName;
  run(): Promise<Sample>;
}

/**
 * - `ceiling`: the bare program, which resends bytes that were made beforehand;
 * - `encoding`: the bare program whose producer also encodes every record, which any producer must do;
 * - `product`: `@q/client` and the broker program.
 */
export type VariantName = 'ceiling' | 'encoding' | 'product';

export interface Case {
  /** E.g. `produce 100 B, 1 partition, fsync`. */
  readonly name: string;
  readonly group: string;
  readonly unit: 'records/s' | 'sends/s' | 'commits/s' | 'ms' | 'MB' | '% of a core' | 'ns/KiB';
  readonly better: 'higher' | 'lower';
  readonly variants: readonly Variant[];
  /** Runs before the first round and makes what all rounds share. */
  prepare?(): Promise<void>;
  /** Runs after the last round, also after a failure. */
  cleanUp?(): Promise<void>;
}
