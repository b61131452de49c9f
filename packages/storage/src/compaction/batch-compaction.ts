import {
  batchBaseOffset,
  batchDeleteHorizonMs,
  batchIsControl,
  batchIsTransactional,
  batchLastOffset,
  batchMaxTimestamp,
  batchProducerId,
  batchRecordsCount,
  rebuildBatch,
  rebuildBatchInSlices,
  visitRecordsInSlices,
} from '@q/protocol';
import type { RecordView, SliceOptions } from '@q/protocol';
import type { CompactedTransactions } from './compacted-transactions.ts';
import type { KeyMap } from './key-map.ts';

/*
 * What compaction does to one batch.
 *
 * Rules
 * - A record goes when a later one has its key. One without a key stays: nothing can stand for it.
 * - A tombstone (null value) stays readable for `deleteRetentionMs` after the pass that first met it: that pass notes
 *   the time in the batch (the delete horizon), and the first pass after it removes the tombstone. By then every older
 *   value of its key is gone, because that first pass removed them in all segments below.
 * - Transactions: see compacted-transactions.ts.
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
  readonly transactions: CompactedTransactions;
  /** Offset of the last record that a producer appended; -1 when it is not known. */
  lastOffsetOf(producerId: number): number;
}

export async function compactBatch(batch: Buffer, pass: CompactionPass): Promise<BatchCompaction> {
  const isTransactional = batchIsTransactional(batch);
  if (batchIsControl(batch)) return compactMarker(batch, pass);
  const compacted = batchLastOffset(batch) >= pass.mapEnd ? unchanged(batch) : await compactRecords(batch, pass);
  if (isTransactional && compacted.batch !== null) pass.transactions.keep(batch);
  return compacted;
}

function unchanged(batch: Buffer): BatchCompaction {
  return { batch, recordsRemoved: 0, horizonMs: -1 };
}

function compactMarker(batch: Buffer, pass: CompactionPass): BatchCompaction {
  if (!pass.transactions.endsNothing(batch) || batchLastOffset(batch) >= pass.mapEnd) return unchanged(batch);
  const horizonMs = batchDeleteHorizonMs(batch);
  if (horizonMs >= 0 && pass.now >= horizonMs) return { batch: null, recordsRemoved: 1, horizonMs: -1 };
  if (horizonMs >= 0) return { batch, recordsRemoved: 0, horizonMs };
  const newHorizonMs = firstHorizonMs(batch, pass);
  const after = rebuildBatch(batch, () => true, { deleteHorizonMs: newHorizonMs });
  return { batch: after, recordsRemoved: 0, horizonMs: newHorizonMs };
}

async function compactRecords(batch: Buffer, pass: CompactionPass): Promise<BatchCompaction> {
  const lastOffset = batchLastOffset(batch);
  const horizonMs = batchDeleteHorizonMs(batch);
  const tombstonesGo = horizonMs >= 0 && pass.now >= horizonMs;
  const isAborted = batchIsTransactional(batch) && pass.transactions.isAborted(batch, batchBaseOffset(batch));
  const keep = (record: RecordView): boolean => !isAborted && isKept(record, pass.keys, tombstonesGo);
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
export async function mapKeys(
  batch: Buffer,
  keys: KeyMap,
  { slices, transactions }: Pick<CompactionPass, 'slices' | 'transactions'>,
): Promise<void> {
  if (batchIsControl(batch)) return;
  if (batchIsTransactional(batch) && transactions.isAborted(batch, batchBaseOffset(batch))) return;
  const put = (record: RecordView): boolean => {
    const { key } = record;
    if (key !== null) keys.put(key, record.offset);
    return true;
  };
  await visitRecordsInSlices(batch, put, slices);
}
