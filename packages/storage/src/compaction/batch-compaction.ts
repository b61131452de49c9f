import {
  batchDeleteHorizonMs,
  batchIsControl,
  batchLastOffset,
  batchMaxTimestamp,
  batchProducerId,
  batchRecordsCount,
  rebuildBatchInSlices,
  visitRecordsInSlices,
} from '@q/protocol';
import type { RecordView, SliceOptions } from '@q/protocol';
import type { KeyMap } from './key-map.ts';

/*
 * What compaction does to one batch.
 *
 * Rules
 * - A record goes when a later one has its key. One without a key stays: nothing can stand for it.
 * - A tombstone (null value) stays readable for `deleteRetentionMs` after the pass that first met it: that pass notes
 *   the time in the batch (the delete horizon), and the first pass after it removes the tombstone. By then every older
 *   value of its key is gone, because that first pass removed them in all segments below.
 * - Control batches stay whole.
 * - The last batch of each live producer stays, if need be without records: its sequence must be found after a restart.
 * - Offsets never change; so an offset is either where it was or nowhere.
 */

export interface BatchCompaction {
  /** What is to be stored instead; the batch itself when nothing changes; null when it goes. */
  readonly batch: Buffer | null;
  readonly recordsRemoved: number;
  /** When tombstones that are left in it may go, or -1. */
  readonly horizonMs: number;
}

export interface CompactionPass {
  readonly keys: KeyMap;
  /** Offsets at or beyond it were not looked at: what is there stays as it is. */
  readonly mapEnd: number;
  readonly now: number;
  readonly deleteRetentionMs: number;
  /** Batches may be large: others have their turn while one is looked into. */
  readonly slices: SliceOptions;
  /** Offset of the last record that a producer appended; -1 when it is not known. */
  lastOffsetOf(producerId: number): number;
}

export async function compactBatch(batch: Buffer, pass: CompactionPass): Promise<BatchCompaction> {
  const lastOffset = batchLastOffset(batch);
  if (lastOffset >= pass.mapEnd || batchIsControl(batch)) return { batch, recordsRemoved: 0, horizonMs: -1 };

  const horizonMs = batchDeleteHorizonMs(batch);
  const tombstonesGo = horizonMs >= 0 && pass.now >= horizonMs;
  const keep = (record: RecordView): boolean => isKept(record, pass.keys, tombstonesGo);
  const before = await survey(batch, keep, pass.slices);
  const mustStay = before.isEmpty && pass.lastOffsetOf(batchProducerId(batch)) === lastOffset;
  const newHorizonMs = before.tombstonesKept && horizonMs < 0 ? firstHorizonMs(batch, pass) : horizonMs;
  const after = await rebuildBatchInSlices(batch, keep, {
    ...pass.slices,
    keepEmpty: mustStay,
    ...(newHorizonMs < 0 ? {} : { deleteHorizonMs: newHorizonMs }),
  });
  return { batch: after, recordsRemoved: before.removed, horizonMs: before.tombstonesKept ? newHorizonMs : -1 };
}

/**
 * Not before the records themselves: a pass whose clock was set back would note a time that is over as soon as the
 * clock is right again.
 */
function firstHorizonMs(batch: Buffer, { now, deleteRetentionMs }: CompactionPass): number {
  return Math.max(now, batchMaxTimestamp(batch)) + deleteRetentionMs;
}

function isKept(record: RecordView, keys: KeyMap, tombstonesGo: boolean): boolean {
  const { key } = record;
  if (key === null) return true;
  if (record.offset < keys.latest(key)) return false;
  return !(tombstonesGo && record.valueBytes < 0);
}

interface Survey {
  readonly removed: number;
  readonly tombstonesKept: boolean;
  readonly isEmpty: boolean;
}

async function survey(batch: Buffer, keep: (record: RecordView) => boolean, slices: SliceOptions): Promise<Survey> {
  let kept = 0;
  let tombstonesKept = false;
  const look = (record: RecordView): boolean => {
    if (!keep(record)) return true;
    kept += 1;
    if (record.keyBytes >= 0 && record.valueBytes < 0) tombstonesKept = true;
    return true;
  };
  await visitRecordsInSlices(batch, look, slices);
  return { removed: batchRecordsCount(batch) - kept, tombstonesKept, isEmpty: kept === 0 };
}

/** Adds the keys of a batch to the map. */
export async function mapKeys(batch: Buffer, keys: KeyMap, slices: SliceOptions): Promise<void> {
  if (batchIsControl(batch)) return;
  const put = (record: RecordView): boolean => {
    const { key } = record;
    if (key !== null) keys.put(key, record.offset);
    return true;
  };
  await visitRecordsInSlices(batch, put, slices);
}
