/**
 * What one rig did: how often, with which seeds, and what went wrong. Every rig has a `run({count, seed, …})` that
 * gives one, whether the counts are small (in a test) or the whole set (in `pnpm prove`).
 */
export interface RigReport {
  /** The rig's name, such as `damage` or `fuzz/frame-decoder`. */
  readonly rig: string;
  /** What was tried: damaged folders, inputs, cycles. A report of no runs proves nothing. */
  readonly runs: number;
  /** With the same counts, these seeds make the same choices again. */
  readonly seeds: readonly number[];
  readonly failures: readonly RigFailure[];
  readonly seconds: number;
  /** Counts worth knowing about the runs, such as how many damaged folders were refused and how many were mended. */
  readonly notes?: Readonly<Record<string, number | string>>;
}

export interface RigFailure {
  /** Together with `replay`, enough to see it again. */
  readonly seed: number;
  /** What was seen that must not be, in one sentence. */
  readonly message: string;
  /** The command, from the root of the repository, that shows this failure and nothing else. */
  readonly replay: string;
}

/**
 * The upper bound, with 95 % confidence, of how often one run fails where none of `runs` did: the rule of three, 3/N.
 * Null where something failed or nothing ran, as the rule says nothing then.
 */
export function failureRateMax(report: Pick<RigReport, 'runs' | 'failures'>): number | null {
  return report.failures.length > 0 || report.runs === 0 ? null : 3 / report.runs;
}
