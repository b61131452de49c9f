import { protocolLimits } from '../limits.ts';
import { checkWorkBytes } from './check-work.ts';
import { batchRecordsCount } from './header.ts';
import { RecordView } from './record-view.ts';
import { recordOrigin } from './records.ts';
import { openRecords, openRecordsInPool, releaseRecords } from './section.ts';
import type { SliceOptions } from './section.ts';
import type { RecordCursor } from './record-cursor.ts';

/**
 * What becomes no more than this, in no more records than a slice has, is walked at once: the thread pool would take
 * longer.
 */
const onTheSpotBytesMax = 128 * 1024;

/** False: no further record is wanted. The view, and all it gives, is valid during the call only. */
export type RecordVisitor = (record: RecordView) => boolean;

/**
 * As a loop over `iterateRecords`, for batches that take long: those are decompressed in the thread pool, and their
 * records walked in slices. `batch` must not change before the promise settles.
 * @throws QError as `iterateRecords`, and whatever `visit` throws
 */
export async function visitRecordsInSlices(batch: Buffer, visit: RecordVisitor, options: SliceOptions): Promise<void> {
  const cursor = isQuick(batch)
    ? openRecords(batch, options.uncompressedBytesMax)
    : await openRecordsInPool(batch, options);
  try {
    // What the pool has given back begins a turn of its own.
    while (visitSlice(batch, cursor, visit)) await options.pause();
  } finally {
    releaseRecords(cursor, batch);
  }
}

/** Whether a batch takes so little, decompressed and walked, that a trip to the thread pool would take longer. */
export function isQuick(batch: Buffer): boolean {
  return batchRecordsCount(batch) <= protocolLimits.recordsPerSliceMax && checkWorkBytes(batch) <= onTheSpotBytesMax;
}

/** True when there is more to visit. */
function visitSlice(batch: Buffer, cursor: RecordCursor, visit: RecordVisitor): boolean {
  const origin = recordOrigin(batch, cursor);
  for (let walked = 0; walked < protocolLimits.recordsPerSliceMax; walked += 1 + cursor.headerCount) {
    if (!cursor.next() || !visit(new RecordView(origin, cursor))) return false;
  }
  return true;
}
