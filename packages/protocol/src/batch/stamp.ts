import { getUint16, putInt16, putInt32, putUint16 } from '../big-endian.ts';
import { sealBatch } from './header.ts';
import { writeInt64 } from './int64.ts';
import {
  attributesAt,
  baseOffsetAt,
  baseSequenceAt,
  leaderEpochAt,
  logAppendTimeFlag,
  maxTimestampAt,
  producerEpochAt,
  producerIdAt,
} from './layout.ts';

/** Who sent a batch, and which of its batches this is. */
export interface ProducerStamp {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

/** Sets the base offset and leader epoch in place. Both lie outside the CRC, so the producer's checksum stays valid. */
export function assignOffsets(batch: Buffer, options: { baseOffset: number; leaderEpoch: number }): void {
  writeInt64(batch, options.baseOffset, baseOffsetAt);
  putInt32(batch, options.leaderEpoch, leaderEpochAt);
}

/** Turns the batch to log append time, in place: every record then has `timestampMs`. Recomputes the CRC. */
export function assignAppendTime(batch: Buffer, timestampMs: number): void {
  putUint16(batch, getUint16(batch, attributesAt) | logAppendTimeFlag, attributesAt);
  writeInt64(batch, timestampMs, maxTimestampAt);
  sealBatch(batch);
}

/** Says what the greatest timestamp of the records is, in place. Recomputes the CRC. */
export function correctMaxTimestamp(batch: Buffer, maxTimestamp: number): void {
  writeInt64(batch, maxTimestamp, maxTimestampAt);
  sealBatch(batch);
}

/** Stamps a finished batch anew, in place, as after an epoch bump. Recomputes the CRC. */
export function stampProducer(batch: Buffer, stamp: ProducerStamp): void {
  writeInt64(batch, stamp.producerId, producerIdAt);
  putInt16(batch, stamp.producerEpoch, producerEpochAt);
  putInt32(batch, stamp.baseSequence, baseSequenceAt);
  sealBatch(batch);
}
