import { protocolLimits } from '../limits.ts';
import { RecordView } from './record-view.ts';
import { recordOrigin } from './records.ts';
import { openRecords, openRecordsInPool, releaseRecords } from './section.ts';
import type { SliceOptions } from './section.ts';

/** The header that names a record for deduplication within `dedup.window.ms`: a UTF-8 text chosen by the sender. */
export const messageIdHeader = 'q-message-id';

const messageIdHeaderKey: Buffer = Buffer.from(messageIdHeader);

/** Headers are decoded here, not only walked over. */
const headersPerSliceMax = protocolLimits.recordsPerSliceMax / 8;

/**
 * The message ids of a batch's records, in their order, with null for a record that has none; null when no record has
 * one. Cheap for the batches that carry none, which are most.
 */
export function peekMessageIds(
  batch: Buffer,
  options: { uncompressedBytesMax?: number } = {},
): (string | null)[] | null {
  const cursor = openRecords(batch, options.uncompressedBytesMax);
  if (!cursor.bytes.includes(messageIdHeaderKey, cursor.recordStart)) return null;
  const origin = recordOrigin(batch, cursor);
  const ids: (string | null)[] = [];
  let found = false;
  while (cursor.next()) {
    const id = cursor.headerCount === 0 ? null : messageIdOf(new RecordView(origin, cursor));
    found ||= id !== null;
    ids.push(id);
  }
  return found ? ids : null;
}

/** As `peekMessageIds`, for batches that take long. `batch` must not change before the promise settles. */
export async function peekMessageIdsInSlices(batch: Buffer, options: SliceOptions): Promise<(string | null)[] | null> {
  const cursor = await openRecordsInPool(batch, options);
  try {
    const origin = recordOrigin(batch, cursor);
    const ids: (string | null)[] = [];
    let found = false;
    let walked = 0;
    while (cursor.next()) {
      const id = cursor.headerCount === 0 ? null : messageIdOf(new RecordView(origin, cursor));
      found ||= id !== null;
      ids.push(id);
      walked += 1 + cursor.headerCount;
      if (walked < headersPerSliceMax) continue;
      walked = 0;
      await options.pause();
    }
    return found ? ids : null;
  } finally {
    releaseRecords(cursor, batch);
  }
}

/** The message id of one record, or null. */
export function messageIdOf(record: RecordView): string | null {
  const header = record.headers.find(({ key }) => key === messageIdHeader);
  return header?.value?.toString('utf8') ?? null;
}
