/**
 * Reads the groups topic back at start, one piece after another: what is held in memory is the piece and the image,
 * never the log. Compaction bounds how much there is to read.
 */
import { decodeGroupRecord } from '@q/coordinator';
import type { GroupImage } from '@q/coordinator';
import { QError, batchLastOffset, iterateBatches, iterateRecords } from '@q/protocol';
import type { RecordView } from '@q/protocol';
import type { PartitionLog } from '@q/storage';

const readBytes = 1 << 20;

/**
 * Folds every record of the log into the image.
 * @throws QError CORRUPT_LOG for a record that cannot be understood: to pass over it could be to lose progress
 * unnoticed
 */
export async function replayGroups(log: PartitionLog, image: GroupImage): Promise<void> {
  let offset = log.logStartOffset;
  while (offset < log.highWatermark) {
    const { buffers } = await log.read({ offset, maxBytes: readBytes, upTo: 'highWatermark' });
    if (buffers.length === 0) return;
    for (const buffer of buffers) {
      for (const batch of iterateBatches(buffer)) {
        for (const record of iterateRecords(batch)) apply(image, record);
        offset = batchLastOffset(batch) + 1;
      }
    }
  }
}

function apply(image: GroupImage, { offset, key, value }: RecordView): void {
  try {
    // A record without a key is no fact about anything; nobody but this broker writes here, and it writes none.
    const record = key === null ? null : decodeGroupRecord(key, value);
    // A kind of record that a newer version wrote is left where it is.
    if (record !== null) image.apply(record);
  } catch (error) {
    const why = `the record at offset ${offset} of the groups topic cannot be understood`;
    throw new QError('CORRUPT_LOG', `${why}: ${(error as Error).message}`, { cause: error, details: { offset } });
  }
}
