/*
 * The history of leadership of one partition: which epoch began at which offset.
 *
 * Invariants
 * - Entries ascend strictly by epoch and by start offset (an epoch that wrote nothing leaves no entry behind the next
 *   one with the same start).
 * - The history covers the log from its start offset to its end.
 */

import type { EpochEnd } from '../ports/log-store.ts';

export interface LeaderEpoch {
  readonly epoch: number;
  readonly startOffset: number;
}

export class LeaderEpochs {
  #entries: readonly LeaderEpoch[] = [];
  /** Of the last entry, which every append looks at. */
  #latestEpoch = -1;
  #latestStartOffset = Number.POSITIVE_INFINITY;

  constructor(entries: readonly LeaderEpoch[] = []) {
    for (const entry of entries) this.assign(entry.epoch, entry.startOffset);
  }

  /** Ascending. */
  get entries(): readonly LeaderEpoch[] {
    return this.#entries;
  }

  /** -1 when nothing was ever appended under an epoch. */
  get latestEpoch(): number {
    return this.#latestEpoch;
  }

  /**
   * Epoch `epoch` begins at `startOffset`, unless it is already in force.
   * Entries that contradict it (a later epoch, or one that starts at or beyond `startOffset`) go.
   * @returns true when the history changed and the checkpoint is to be written.
   */
  assign(epoch: number, startOffset: number): boolean {
    if (this.#latestEpoch === epoch && this.#latestStartOffset <= startOffset) return false;
    const earlier = this.#entries.filter((entry) => entry.epoch < epoch && entry.startOffset < startOffset);
    this.#replace([...earlier, { epoch, startOffset }]);
    return true;
  }

  #replace(entries: readonly LeaderEpoch[]): void {
    this.#entries = entries;
    const latest = entries.at(-1);
    this.#latestEpoch = latest?.epoch ?? -1;
    this.#latestStartOffset = latest?.startOffset ?? Number.POSITIVE_INFINITY;
  }

  /** The epoch under which the record at `offset` was written, or -1. */
  epochAt(offset: number): number {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch ?? -1;
  }

  /**
   * Where the records of `epoch` end: at the start of the next known epoch, or at the log's end for the latest one. A
   * reader of that epoch, or a replica, that is beyond has what this log has lost. For an epoch of which nothing is
   * known the answer is that of the closest lower one; for one below all of them, the start of the lowest.
   * @returns null when `epoch` is newer than any known.
   */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEnd | null {
    if (epoch > this.latestEpoch) return null;
    const index = this.#entries.findLastIndex((entry) => entry.epoch <= epoch);
    return {
      epoch: this.#entries[index]?.epoch ?? epoch,
      endOffset: this.#entries[index + 1]?.startOffset ?? logEndOffset,
    };
  }

  /** The log now ends at `endOffset`. @returns true when the history changed. */
  truncateEnd(endOffset: number): boolean {
    const kept = this.#entries.filter((entry) => entry.startOffset < endOffset);
    const changed = kept.length !== this.#entries.length;
    this.#replace(kept);
    return changed;
  }

  /**
   * The log now starts at `startOffset`: older epochs go, the one in force there begins there. @returns true when the
   * history changed.
   */
  truncateStart(startOffset: number): boolean {
    const index = this.#entries.findLastIndex((entry) => entry.startOffset <= startOffset);
    const inForce = this.#entries[index];
    if (inForce === undefined || (index === 0 && inForce.startOffset === startOffset)) return false;
    this.#replace([{ epoch: inForce.epoch, startOffset }, ...this.#entries.slice(index + 1)]);
    return true;
  }
}
