/**
 * Reads a state log back at start, one piece after another: what is held in memory is the piece and what the caller
 * makes of it, never the log. Compaction bounds how much there is to read.
 */
import { QError, batchLastOffset, iterateBatches, iterateRecords } from '@q/protocol';
import type { RecordView } from '@q/protocol';
import type { PartitionLog } from '@q/storage';

const readBytes = 1 << 20;

/** What is done with each record. */
export interface Replay<R> {
  /** Null for a kind of record that a newer version wrote: it is left where it is. */
  readonly decode: (key: Buffer, value: Buffer | null) => R | null;
  readonly apply: (record: R) => void;
}

/**
 * Folds every record of the log.
 * @throws QError CORRUPT_LOG for a record that cannot be understood: to pass over it could be to lose progress
 * unnoticed
 */
export async function replayStateLog<R>(log: PartitionLog, replay: Replay<R>): Promise<void> {
  let offset = log.logStartOffset;
  while (offset < log.highWatermark) {
    const { buffers } = await log.read({ offset, maxBytes: readBytes, upTo: 'highWatermark' });
    if (buffers.length === 0) return;
    for (const buffer of buffers) {
      for (const batch of iterateBatches(buffer)) {
        for (const record of iterateRecords(batch)) take(record, { ...replay, topic: log.id.topic });
        offset = batchLastOffset(batch) + 1;
      }
    }
  }
}

function take<R>({ offset, key, value }: RecordView, o: Replay<R> & { readonly topic: string }): void {
  try {
    // A record without a key is no fact about anything; nobody but this broker writes here, and it writes none.
    const record = key === null ? null : o.decode(key, value);
    if (record !== null) o.apply(record);
  } catch (error) {
    const why = `the record at offset ${offset} of topic ${o.topic} cannot be understood`;
    throw new QError('CORRUPT_LOG', `${why}: ${(error as Error).message}`, { cause: error, details: { offset } });
  }
}
