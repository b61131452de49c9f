import { batchBaseOffset, batchLastOffsetDelta, iterateRecords, messageIdOf, peekMessageIds } from '@q/protocol';
import type { BatchMessageIds } from './message-id-window.ts';

/**
 * The message ids of a batch as it lies in the log, by offset delta: a stored batch may have lost records, so the n-th
 * record need not be number n. Null when no record has an id.
 */
export function storedMessageIds(batch: Buffer, uncompressedBytesMax: number): BatchMessageIds | null {
  if (peekMessageIds(batch, { uncompressedBytesMax }) === null) return null;
  const baseOffset = batchBaseOffset(batch);
  const ids: (string | null)[] = Array.from({ length: batchLastOffsetDelta(batch) + 1 }, () => null);
  for (const record of iterateRecords(batch, { uncompressedBytesMax })) ids[record.offset - baseOffset] = messageIdOf(record);
  return ids;
}
