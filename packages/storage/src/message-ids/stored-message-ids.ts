import { batchBaseOffset, batchLastOffsetDelta, messageIdOf, visitRecordsInSlices } from '@q/protocol';
import type { SliceOptions } from '@q/protocol';
import type { BatchMessageIds } from './message-id-window.ts';

/**
 * The message ids of a batch as it lies in the log, by offset delta: a stored batch may have lost records, so the n-th
 * record need not be number n. Null when no record has an id.
 */
export async function storedMessageIds(batch: Buffer, options: SliceOptions): Promise<BatchMessageIds | null> {
  const baseOffset = batchBaseOffset(batch);
  let ids: (string | null)[] | null = null;
  await visitRecordsInSlices(
    batch,
    (record) => {
      const id = record.headerCount === 0 ? null : messageIdOf(record);
      if (id === null) return true;
      ids ??= Array.from({ length: batchLastOffsetDelta(batch) + 1 }, () => null);
      ids[record.offset - baseOffset] = id;
      return true;
    },
    options,
  );
  return ids;
}
