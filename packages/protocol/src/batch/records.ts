import { batchAttributes, batchBaseOffset, batchBaseTimestamp, batchMaxTimestamp } from './header.ts';
import { logAppendTimeFlag } from './layout.ts';
import { RecordView } from './record-view.ts';
import type { RecordOrigin, RecordSource } from './record-view.ts';
import type { RecordCursor } from './record-cursor.ts';
import { openRecords } from './section.ts';

/** How the records of a batch are read. Sizes are in bytes. */
export interface IterateRecordsOptions {
  /** Most bytes a compressed batch may decompress to. */
  readonly uncompressedBytesMax?: number;
  /** Records below this offset are passed over, as when a fetch began in the middle of a batch. */
  readonly fromOffset?: number;
  /** Where the batch was read from, for the views to tell. */
  readonly source?: RecordSource;
}

/**
 * The records of `batch`, decoded one by one as they are asked for. Keys, values and headers are views of the batch, or
 * of its decompressed bytes. A batch is decompressed when its iteration begins, once for each iteration.
 *
 * The batch may come from anyone: iteration throws QError INVALID_RECORD, CORRUPT_BATCH, BATCH_TOO_LARGE or
 * UNSUPPORTED_CODEC when it is not what it says. The CRC is not checked here; see `checkBatch`.
 */
export function iterateRecords(batch: Buffer, options: IterateRecordsOptions = {}): Iterable<RecordView> {
  return { [Symbol.iterator]: () => new RecordIterator(readRecords(batch, options)) };
}

/**
 * As `iterateRecords`, for those who read millions of records a second. The batch is opened, and decompressed, at once,
 * so this throws as well.
 */
export function readRecords(batch: Buffer, options: IterateRecordsOptions = {}): RecordReader {
  return new RecordReader(batch, options);
}

/** What the records of `batch` need to know of it. */
export function recordOrigin(batch: Buffer, cursor: RecordCursor, source: RecordSource | null = null): RecordOrigin {
  const isAppendTime = (batchAttributes(batch) & logAppendTimeFlag) !== 0;
  return {
    bytes: cursor.bytes,
    memory: cursor.bytes.buffer,
    baseOffset: batchBaseOffset(batch),
    baseTimestamp: batchBaseTimestamp(batch),
    appendTimeMs: isAppendTime ? batchMaxTimestamp(batch) : null,
    source,
  };
}

/** The records of a batch, one after another. */
export class RecordReader {
  readonly #cursor: RecordCursor;
  readonly #origin: RecordOrigin;
  readonly #fromDelta: number;

  /** @internal */
  constructor(batch: Buffer, options: IterateRecordsOptions) {
    this.#cursor = openRecords(batch, options.uncompressedBytesMax);
    this.#origin = recordOrigin(batch, this.#cursor, options.source);
    this.#fromDelta = (options.fromOffset ?? this.#origin.baseOffset) - this.#origin.baseOffset;
  }

  /** The next record, null after the last. Throws QError INVALID_RECORD. */
  next(): RecordView | null {
    const cursor = this.#cursor;
    while (cursor.next()) {
      if (cursor.offsetDelta >= this.#fromDelta) return new RecordView(this.#origin, cursor);
    }
    return null;
  }
}

/** A hand-written iterator: a generator takes about twice as long for each record. */
class RecordIterator implements Iterator<RecordView, undefined> {
  readonly #records: RecordReader;

  constructor(records: RecordReader) {
    this.#records = records;
  }

  next(): IteratorResult<RecordView, undefined> {
    const value = this.#records.next();
    // One place that makes the result: V8 then finds that a loop needs none.
    return { done: value === null, value: value ?? undefined } as IteratorResult<RecordView, undefined>;
  }
}
