import type { Position, ReadRecord } from './violation.ts';

/** What is there at the end, and what does not need to be. */
export interface FinalState {
  /** All records, in offset order within each log. */
  readonly records: readonly ReadRecord[];
  /** First offset of each log whose beginning was deleted on purpose; default 0. */
  readonly starts?: ReadonlyMap<string, number>;
  /** Logs in which only the last record of each key must survive. */
  readonly compacted?: ReadonlySet<string>;
  /** Logs that were deleted, or may have been: nothing of them needs to be there. */
  readonly deleted?: ReadonlySet<string>;
}

export function startOf(state: FinalState, log: string): number {
  return state.starts?.get(log) ?? 0;
}

export function isCompacted(state: FinalState, log: string): boolean {
  return state.compacted?.has(log) ?? false;
}

/** Nothing is to be expected there any more. */
export function isGone(state: FinalState, { log, offset }: Position): boolean {
  return (state.deleted?.has(log) ?? false) || offset < startOf(state, log);
}
