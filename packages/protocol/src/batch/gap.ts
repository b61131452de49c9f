import { writeBatchHeader } from './header.ts';
import { batchHeaderBytes, noProducer, noTimestamp } from './layout.ts';

/**
 * A batch without records that stands for a range of offsets: of records that are lost, so that those behind it keep
 * theirs. Readers pass over it, as over what compaction leaves of an emptied batch.
 */
export function encodeGap(o: {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
}): Buffer {
  const batch = Buffer.alloc(batchHeaderBytes);
  writeBatchHeader(batch, {
    baseOffset: o.baseOffset,
    leaderEpoch: o.leaderEpoch,
    attributes: 0,
    lastOffsetDelta: o.lastOffset - o.baseOffset,
    baseTimestamp: noTimestamp,
    maxTimestamp: noTimestamp,
    producerId: noProducer,
    producerEpoch: -1,
    baseSequence: -1,
    recordsCount: 0,
  });
  return batch;
}
