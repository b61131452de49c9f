import type { PartitionRead, Services } from '@q/broker';
import {
  batchBaseOffset,
  batchIsControl,
  batchIsTransactional,
  batchLastOffset,
  batchProducerId,
  iterateBatches,
  iterateRecords,
} from '@q/protocol';
import { simulatedCaller } from './transaction-broker.ts';

export interface SeenRecord {
  readonly offset: number;
  readonly value: string;
  readonly key: string;
}

export interface CommittedRead {
  readonly records: readonly SeenRecord[];
  readonly nextOffset: number;
  readonly lastStableOffset: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
}

/** One fetch of committed records, and what a consumer makes of it. @throws QError */
export async function readCommitted(
  services: Services,
  place: { readonly topicId: string; readonly partition: number },
  o: { readonly from: number; readonly maxBytes: number },
): Promise<CommittedRead> {
  const wanted = { partition: place.partition, leaderEpoch: -1, fetchOffset: o.from, maxBytes: o.maxBytes };
  const fetched = await services.fetch.fetch(
    {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: o.maxBytes,
      turn: 0,
      readsCommitted: true,
      topics: [{ topicId: place.topicId, partitions: [wanted] }],
    },
    simulatedCaller,
  );
  try {
    const read = fetched.reads[0]!;
    if (read.error !== null) throw read.error;
    return { ...recordsOf(read, o.from), ...marks(read) };
  } finally {
    fetched.release?.();
  }
}

/** Where a partition begins, ends, and is decided up to. @throws QError */
export async function findBounds(
  services: Services,
  place: { readonly topicId: string; readonly partition: number },
  from = 0,
): Promise<Pick<CommittedRead, 'lastStableOffset' | 'highWatermark' | 'logStartOffset'>> {
  const wanted = { partition: place.partition, leaderEpoch: -1, fetchOffset: from, maxBytes: 1 };
  const topics = [{ topicId: place.topicId, partitions: [wanted] }];
  const query = { maxWaitMs: 0, minBytes: 1, maxBytes: 1, turn: 0, topics };
  const { reads, release } = await services.fetch.fetch(query, simulatedCaller);
  release?.();
  const [read] = reads;
  const logStartOffset = read!.error?.details?.['logStartOffset'];
  // What is at offset 0 may be gone.
  if (typeof logStartOffset === 'number' && from === 0) return await findBounds(services, place, logStartOffset);
  return marks(read!);
}

function marks({
  lastStableOffset,
  highWatermark,
  logStartOffset,
}: PartitionRead): Omit<CommittedRead, 'records' | 'nextOffset'> {
  return { lastStableOffset, highWatermark, logStartOffset };
}

/** As a client leaves out what was aborted. */
function recordsOf(read: PartitionRead, from: number): Pick<CommittedRead, 'records' | 'nextOffset'> {
  const records: SeenRecord[] = [];
  const aborted = (read.aborted ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset);
  const leftOut = new Set<number>();
  let nextOffset = from;
  for (const batch of read.buffers.flatMap((buffer) => [...iterateBatches(buffer)])) {
    nextOffset = batchLastOffset(batch) + 1;
    while (aborted.length > 0 && aborted[0]!.firstOffset <= batchBaseOffset(batch))
      leftOut.add(aborted.shift()!.producerId);
    const producerId = batchProducerId(batch);
    if (batchIsControl(batch)) leftOut.delete(producerId);
    else if (!batchIsTransactional(batch) || !leftOut.has(producerId)) {
      for (const record of iterateRecords(batch))
        if (record.offset >= from)
          records.push({ offset: record.offset, value: record.valueText() ?? '', key: record.keyText() ?? '' });
    }
  }
  return { records, nextOffset };
}
