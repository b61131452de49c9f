import { batchBaseOffset, batchLastOffset, batchMaxTimestamp, batchSize } from '@q/protocol';
import { StorageError } from '../errors.ts';
import type { JournalPiece } from '../journal/journal-item.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import type { ScannedBatch } from '../segment/segment-scan.ts';
import type { LogCore } from './log-core.ts';
import type { OwedBatches } from './owed-batches.ts';

/**
 * Puts behind the recovered segments what only the journal has, because the disk had no room for it: the log is what it
 * was before it was closed, and its files get the rest later. Returns what they are owed.
 * Throws CORRUPT_LOG where the one does not follow the other; nothing was changed on disk then.
 */
export function appendOwed(
  list: SegmentList,
  o: { pieces: readonly JournalPiece[]; indexIntervalBytes: number; onBatch: (batch: ScannedBatch) => void },
): OwedBatches[] {
  const owed: OwedBatches[] = [];
  for (const piece of o.pieces) {
    const buffer = Buffer.concat(piece.appends.map(({ batch }) => batch));
    for (let at = 0; at < buffer.length;) {
      const bytes = batchSize(buffer, at);
      const batch = buffer.subarray(at, at + bytes);
      const next = {
        buffer,
        at,
        bytes,
        position: piece.position + at,
        baseOffset: batchBaseOffset(batch),
        lastOffset: batchLastOffset(batch),
      };
      at += bytes;
      if (next.lastOffset < list.active.endOffset) continue;
      appendBatch(list, { next, segmentBase: piece.segmentBase, indexIntervalBytes: o.indexIntervalBytes });
      o.onBatch(next);
      owed.push({
        segment: list.active,
        position: next.position,
        batch,
        baseOffset: next.baseOffset,
        lastOffset: next.lastOffset,
      });
    }
  }
  return owed;
}

/** What the log still owes, as the journal has it: copies, since the log lets go of its memory. */
export function owedPieces({ owed, journalName }: LogCore): JournalPiece[] {
  return owed.map(({ segment, position, batch, baseOffset, lastOffset }) => ({
    kind: 'piece',
    name: journalName,
    offset: baseOffset,
    endOffset: lastOffset + 1,
    segmentBase: segment.baseOffset,
    position,
    bytes: batch.length,
    appends: [{ batch: Buffer.from(batch) }],
  }));
}

function appendBatch(
  list: SegmentList,
  { next, segmentBase, indexIntervalBytes }: { next: ScannedBatch; segmentBase: number; indexIntervalBytes: number },
): void {
  const { active } = list;
  const begins = segmentBase !== active.baseOffset && active.sizeBytes > 0;
  const follows = begins
    ? segmentBase === active.endOffset && next.position === 0
    : segmentBase === active.baseOffset && next.position === active.sizeBytes;
  if (!follows || next.baseOffset < active.endOffset) {
    const message = `the journal has offset ${next.baseOffset} at byte ${next.position} of segment ${segmentBase}, which does not follow byte ${active.sizeBytes} of ${active.path}`;
    throw new StorageError('CORRUPT_LOG', message);
  }
  const segment = begins ? list.roll() : active;
  const maxTimestampMs = batchMaxTimestamp(next.buffer, next.at);
  if (segment.sizeBytes === 0) segment.firstAppendMs = maxTimestampMs;
  segment.append({ bytes: next.bytes, lastOffset: next.lastOffset, maxTimestampMs }, indexIntervalBytes);
}
