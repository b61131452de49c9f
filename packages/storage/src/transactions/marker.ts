import { batchProducerEpoch, batchProducerId, iterateRecords, readEndMarker } from '@q/protocol';
import type { EndMarker } from '@q/protocol';

/** A marker of a transaction, and whose. */
export interface Marker extends EndMarker {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/**
 * What a control batch says. Null for one of another kind.
 * @throws QError CORRUPT_BATCH, INVALID_RECORD
 */
export function readMarker(batch: Buffer): Marker | null {
  const [record] = iterateRecords(batch);
  const marker = record === undefined ? null : readEndMarker(record);
  if (marker === null) return null;
  return { ...marker, producerId: batchProducerId(batch), producerEpoch: batchProducerEpoch(batch) };
}
