import { batchBaseOffset, batchLastOffsetDelta, messageIdOf } from '@q/protocol';
import type { RecordVisitor } from '@q/protocol';
import type { BatchMessageIds } from './message-id-window.ts';

type VisitAll = (batch: Buffer, visit: RecordVisitor) => Promise<void>;

/**
 * The message ids of a batch as it lies in the log, by offset delta: a stored batch may have lost records, so the n-th
 * record need not be number n. Null when no record has an id. `visitAll` walks over the records of a batch.
 */
export async function storedMessageIds(batch: Buffer, visitAll: VisitAll): Promise<BatchMessageIds | null> {
  const baseOffset = batchBaseOffset(batch);
  let ids: (string | null)[] | null = null;
  await visitAll(batch, (record) => {
    const id = record.headerCount === 0 ? null : messageIdOf(record);
    if (id === null) return true;
    ids ??= Array.from({ length: batchLastOffsetDelta(batch) + 1 }, () => null);
    ids[record.offset - baseOffset] = id;
    return true;
  });
  return ids;
}
