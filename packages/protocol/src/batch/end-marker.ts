import { QError } from '../errors.ts';
import { encodeBatch } from './encode.ts';
import { batchAttributes, sealBatch } from './header.ts';
import { attributesAt, controlFlag, noProducer, transactionalFlag } from './layout.ts';
import type { RecordView } from './record-view.ts';

/*
 * The end of a transaction: a control batch with one record.
 *
 *   key:    version i16 = 0 | type i16 (0 abort, 1 commit)
 *   value:  version i16 = 0 | coordinator epoch i32
 */
const abortType = 0;
const commitType = 1;
const keyBytes = 4;
const valueBytes = 6;

/** How a transaction ended. */
export interface EndMarker {
  readonly outcome: 'abort' | 'commit';
  readonly coordinatorEpoch: number;
}

/** A marker, and the producer that it is of. `timestampMs` is in ms since the epoch. */
export interface EndMarkerOptions extends EndMarker {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly timestampMs: number;
}

/** Encodes the marker that ends a producer's transaction; it takes one offset. */
export function encodeEndMarker(options: EndMarkerOptions): Buffer {
  const key = Buffer.alloc(keyBytes);
  key.writeInt16BE(options.outcome === 'commit' ? commitType : abortType, 2);
  const value = Buffer.alloc(valueBytes);
  value.writeInt32BE(options.coordinatorEpoch, 2);
  const { producerId, producerEpoch, timestampMs } = options;
  const batch = encodeBatch([{ key, value }], { producerId, producerEpoch, baseSequence: noProducer, timestampMs });
  batch.writeUInt16BE(batchAttributes(batch) | controlFlag | transactionalFlag, attributesAt);
  sealBatch(batch);
  return batch;
}

/**
 * Reads the one record of a control batch; null for a control record of another kind. Throws QError CORRUPT_BATCH when
 * it is cut off.
 */
export function readEndMarker(record: RecordView): EndMarker | null {
  const { key, value } = record;
  if (key === null || key.length < keyBytes)
    throw new QError('CORRUPT_BATCH', 'the key of a control record is cut off');
  const type = key.readInt16BE(2);
  if (type !== abortType && type !== commitType) return null;
  if (value === null || value.length < valueBytes)
    throw new QError('CORRUPT_BATCH', 'the value of an end marker is cut off');
  return { outcome: type === commitType ? 'commit' : 'abort', coordinatorEpoch: value.readInt32BE(2) };
}
