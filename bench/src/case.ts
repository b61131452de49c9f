import type { ProcessCost } from './measure/process-usage.ts';
import type { CurvePoint } from './measure/latencies.ts';

/** What one run of one program found. */
export interface Sample {
  /** The number that is compared, in the unit of its case. */
  readonly value: number;
  /** Further numbers of the same run, e.g. percentiles in ms. */
  readonly details?: Readonly<Record<string, number>>;
  /** Whole distributions, by what they are of. */
  readonly curves?: Readonly<Record<string, readonly CurvePoint[]>>;
  readonly processes?: readonly ProcessCost[];
}

/** One way to do the work of a case: the bare program, or the product. */
export interface Variant {
  readonly name: VariantName;
  run(): Promise<Sample>;
  /** Why it cannot be measured here, in words; null when it can. */
  whyNot?(): Promise<string | null>;
}

/**
 * - `ceiling`: the bare program, which resends bytes that were made beforehand;
 * - `encoding`: the bare program whose producer also encodes every record, which any producer must do;
 * - `files`: a program that only reads the product's files from their start to their end;
 * - `base`: the product in the shape that this one is compared with, which the case names;
 * - `product`: `@q/client` and the broker program.
 */
export type VariantName = 'ceiling' | 'encoding' | 'files' | 'base' | 'product';

export type Unit =
  | 'records/s'
  | 'sends/s'
  | 'commits/s'
  | 'transactions/s'
  | 'ms'
  | 'MB'
  | 'KB'
  | 'ns/byte'
  | 'us/record'
  | 'records/CPU s'
  | '% of a core';

/** Another number of the same runs that gets a row of its own. */
export interface Reading {
  readonly name: string;
  readonly unit: Unit;
  readonly better: 'higher' | 'lower';
  /** Its name in the details of the samples. */
  readonly of: string;
}

export interface Case {
  /** E.g. `produce 100 B, 1 partition, fsync`. */
  readonly name: string;
  readonly group: string;
  readonly unit: Unit;
  readonly better: 'higher' | 'lower';
  readonly variants: readonly Variant[];
  /** What the variant `base` does. */
  readonly base?: string;
  readonly readings?: readonly Reading[];
  /** Rounds, where those of the profile are too many or too few. */
  readonly rounds?: number;
  /** What it will take, about: before the first round, and each run of each variant. */
  readonly estimate?: { readonly prepareMs: number; readonly runMs: number };
  /** Why it cannot be measured here, in words; null when it can. */
  whyNot?(): Promise<string | null>;
  /** Runs before the first round and makes what all rounds share. */
  prepare?(): Promise<void>;
  /** Runs after the last round, also after a failure. */
  cleanUp?(): Promise<void>;
}
