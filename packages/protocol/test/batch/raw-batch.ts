import { joinBatch } from '../../src/batch/builder.ts';
import { readBatchHeader, writeBatchHeader } from '../../src/batch/header.ts';
import type { BatchFields } from '../../src/batch/header.ts';

/**
 * A batch around `records` given as hex, with a true CRC and whatever lies `fields` name: what an evil client would
 * send.
 */
export function rawBatch(recordsHex: string, fields: Partial<BatchFields> = {}): Buffer {
  const batch = joinBatch(Buffer.from(recordsHex.replaceAll(' ', ''), 'hex'));
  const producer = { producerId: -1, producerEpoch: -1, baseSequence: -1 };
  const times = { baseTimestamp: 0, maxTimestamp: 0 };
  writeBatchHeader(batch, {
    baseOffset: 0,
    leaderEpoch: -1,
    attributes: 0,
    lastOffsetDelta: 0,
    recordsCount: 1,
    ...times,
    ...producer,
    ...fields,
  });
  return batch;
}

/** The same records under another header, with a true CRC. */
export function withFields(batch: Buffer, fields: Partial<BatchFields>): Buffer {
  const copy = Buffer.from(batch);
  writeBatchHeader(copy, { ...readBatchHeader(batch), ...fields });
  return copy;
}
