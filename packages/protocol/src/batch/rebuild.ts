import { Codec, compress, compressInPool } from '../compression/codec.ts';
import type { CodecName } from '../compression/codec.ts';
import { protocolLimits } from '../limits.ts';
import { joinMade } from './builder.ts';
import { batchCodec, readBatchHeader, writeBatchHeader } from './header.ts';
import type { BatchHeader } from './header.ts';
import { batchHeaderBytes, codecMask, deleteHorizonFlag } from './layout.ts';
import type { RecordCursor } from './record-cursor.ts';
import { RecordView } from './record-view.ts';
import type { RecordOrigin } from './record-view.ts';
import { recordOrigin } from './records.ts';
import { openRecords, openRecordsInPool, releaseRecords } from './section.ts';
import type { SliceOptions } from './section.ts';
import { isQuick } from './visit-records.ts';
import { sizeOfLong, sizeOfUnsigned, writeLong, writeUnsigned, zigzag32 } from './zigzag.ts';

/** How a batch is compressed anew. `uncompressedBytesMax` bounds what it may decompress to, in bytes. */
export interface RecompressOptions {
  readonly uncompressedBytesMax?: number;
}

/**
 * The same records with another codec, for a topic that forces one: offsets, timestamps and producer fields stay, the
 * CRC is made anew. Returns `batch` itself when it has the codec already. Throws as `decompress` and `compress` do.
 */
export function recompressBatch(batch: Buffer, codec: CodecName, options: RecompressOptions = {}): Buffer {
  if (batchCodec(batch) === codec) return batch;
  const header = readBatchHeader(batch);
  const cursor = openRecords(batch, options.uncompressedBytesMax);
  const plain = cursor.bytes.subarray(cursor.recordStart);
  const rebuilt = joinMade({ records: compress(codec, plain), plain });
  writeBatchHeader(rebuilt, { ...header, attributes: withCodec(header.attributes, codec) });
  return rebuilt;
}

/**
 * As `recompressBatch`, for batches that take long: in the thread pool or in slices. `batch` must not change before it
 * settles.
 */
export async function recompressBatchInPool(batch: Buffer, codec: CodecName, options: SliceOptions): Promise<Buffer> {
  if (batchCodec(batch) === codec) return batch;
  const header = readBatchHeader(batch);
  const cursor = await openRecordsInPool(batch, options);
  try {
    const plain = cursor.bytes;
    const rebuilt = joinMade({ records: await compressInPool(codec, plain, options), plain });
    writeBatchHeader(rebuilt, { ...header, attributes: withCodec(header.attributes, codec) });
    return rebuilt;
  } finally {
    releaseRecords(cursor, batch);
  }
}

/** How a batch is made again from some of its records. Sizes are in bytes. */
export interface RebuildOptions {
  readonly uncompressedBytesMax?: number;
  /** When what is left of this batch may go, in ms since the epoch: sets the delete horizon. */
  readonly deleteHorizonMs?: number;
  /** Keep the header when no record is left, so that the producer's sequence and the offsets survive. Default false. */
  readonly keepEmpty?: boolean;
}

/**
 * The batch with only the records that `keep` wants, for log compaction. Offsets, base offset, last offset delta,
 * producer fields and codec stay; the CRC and the greatest timestamp are made anew. Returns `batch` itself when nothing
 * changes, and null when no record is left (unless `keepEmpty`). The view that `keep` gets is of the batch's bytes.
 */
export function rebuildBatch(
  batch: Buffer,
  keep: (record: RecordView) => boolean,
  options: RebuildOptions = {},
): Buffer | null {
  const cursor = openRecords(batch, options.uncompressedBytesMax);
  const rebuilding = new Rebuilding(batch, cursor, options);
  rebuilding.walk(keep, Number.POSITIVE_INFINITY);
  if (!rebuilding.writesRecords) return rebuilding.withoutWriting();
  const plain = rebuilding.kept();
  return rebuilding.finish({ records: compress(rebuilding.codec, plain), plain });
}

/**
 * As `rebuildBatch`, for batches that take long: in the thread pool and in slices. `batch` must not change before the
 * promise settles.
 */
export async function rebuildBatchInSlices(
  batch: Buffer,
  keep: (record: RecordView) => boolean,
  options: RebuildOptions & SliceOptions,
): Promise<Buffer | null> {
  if (isQuick(batch)) return rebuildBatch(batch, keep, options);
  const cursor = await openRecordsInPool(batch, options);
  try {
    const rebuilding = new Rebuilding(batch, cursor, options);
    while (rebuilding.walk(keep, protocolLimits.recordsPerSliceMax)) await options.pause();
    if (!rebuilding.writesRecords) return rebuilding.withoutWriting();
    const plain = rebuilding.kept();
    return rebuilding.finish({ records: await compressInPool(rebuilding.codec, plain, options), plain });
  } finally {
    releaseRecords(cursor, batch);
  }
}

/** A batch that is being read, and what is to be of it. */
class Rebuilding {
  readonly #batch: Buffer;
  readonly #header: BatchHeader;
  readonly #cursor: RecordCursor;
  readonly #origin: RecordOrigin;
  readonly #output: RecordOutput;
  readonly #horizonMs: number;
  readonly #baseTimestamp: number;
  readonly #keepsEmpty: boolean;

  constructor(batch: Buffer, cursor: RecordCursor, options: RebuildOptions) {
    this.#batch = batch;
    this.#header = readBatchHeader(batch);
    this.#cursor = cursor;
    this.#origin = recordOrigin(batch, cursor);
    this.#horizonMs = options.deleteHorizonMs ?? this.#header.deleteHorizonMs;
    // A batch with a delete horizon stores it in place of the base timestamp, and its deltas count from there.
    this.#baseTimestamp = this.#horizonMs >= 0 ? this.#horizonMs : this.#header.baseTimestamp;
    this.#output = new RecordOutput(cursor, this.#header.baseTimestamp - this.#baseTimestamp);
    this.#keepsEmpty = options.keepEmpty === true;
  }

  get codec(): CodecName {
    return this.#header.codec;
  }

  /** True when there are more records than `recordsMax`, headers counted as well: call it again. */
  walk(keep: (record: RecordView) => boolean, recordsMax: number): boolean {
    const cursor = this.#cursor;
    for (let walked = 0; walked < recordsMax; walked += 1 + cursor.headerCount) {
      if (!cursor.next()) return false;
      if (keep(new RecordView(this.#origin, cursor))) this.#output.copy(cursor);
    }
    return true;
  }

  /** False: the batch stays as it is, or no record is left. */
  get writesRecords(): boolean {
    const { count } = this.#output;
    return count > 0 && (count !== this.#header.recordsCount || this.#horizonMs !== this.#header.deleteHorizonMs);
  }

  withoutWriting(): Buffer | null {
    if (this.#output.count > 0) return this.#batch;
    return this.#keepsEmpty ? emptyBatch(this.#header) : null;
  }

  kept(): Buffer {
    return this.#output.bytes();
  }

  finish(made: { records: Buffer; plain: Buffer }): Buffer {
    const header = this.#header;
    const rebuilt = joinMade(made);
    writeBatchHeader(rebuilt, {
      ...header,
      attributes: this.#horizonMs >= 0 ? header.attributes | deleteHorizonFlag : header.attributes,
      baseTimestamp: this.#baseTimestamp,
      maxTimestamp:
        header.timestampType === 'LogAppendTime' ? header.maxTimestamp : this.#baseTimestamp + this.#output.maxDelta,
      recordsCount: this.#output.count,
    });
    return rebuilt;
  }
}

/** The batch without its records: its offsets and its producer stay. Takes no look at the records. */
export function emptiedBatch(batch: Buffer): Buffer {
  return emptyBatch(readBatchHeader(batch));
}

/** A header alone: no records, so no codec and no horizon, but all its offsets and its producer. */
function emptyBatch(header: BatchHeader): Buffer {
  const batch = Buffer.alloc(batchHeaderBytes);
  const attributes = withCodec(header.attributes, 'none') & ~deleteHorizonFlag;
  writeBatchHeader(batch, { ...header, attributes, baseTimestamp: header.maxTimestamp, recordsCount: 0 });
  return batch;
}

function withCodec(attributes: number, codec: CodecName): number {
  return (attributes & ~codecMask) | Codec[codec];
}

/** Grows with the shift of the timestamps: a delta may take this many bytes more than it did. */
const deltaGrowthBytesMax = 10;

/** Collects the records that stay, their timestamp deltas moved to another base. */
class RecordOutput {
  count = 0;
  maxDelta: number = Number.NEGATIVE_INFINITY;
  readonly #shift: number;
  readonly #buffer: Buffer;
  #position = 0;

  /** `shift`: what must be added to a timestamp delta. */
  constructor(cursor: RecordCursor, shift: number) {
    const recordsBytes = cursor.bytes.length - cursor.recordStart;
    // No record is shorter than seven bytes, which bounds how many there can be.
    const growthBytes = shift === 0 ? 0 : Math.ceil(recordsBytes / 7) * deltaGrowthBytesMax;
    this.#shift = shift;
    this.#buffer = Buffer.allocUnsafe(recordsBytes + growthBytes);
  }

  copy(cursor: RecordCursor): void {
    const timestampDelta = cursor.timestampDelta + this.#shift;
    this.count += 1;
    if (timestampDelta > this.maxDelta) this.maxDelta = timestampDelta;
    if (this.#shift === 0) {
      cursor.bytes.copy(this.#buffer, this.#position, cursor.recordStart, cursor.recordEnd);
      this.#position += cursor.recordEnd - cursor.recordStart;
      return;
    }
    this.#copyShifted(cursor, timestampDelta);
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#position);
  }

  #copyShifted(cursor: RecordCursor, timestampDelta: number): void {
    const offsetUnsigned = zigzag32(cursor.offsetDelta);
    // From the key length on, nothing changes.
    const restStart = cursor.keyLengthStart;
    const bodyBytes = 1 + sizeOfLong(timestampDelta) + sizeOfUnsigned(offsetUnsigned) + (cursor.recordEnd - restStart);
    let at = writeUnsigned(this.#buffer, this.#position, bodyBytes * 2);
    this.#buffer[at] = 0;
    at = writeLong(this.#buffer, at + 1, timestampDelta);
    at = writeUnsigned(this.#buffer, at, offsetUnsigned);
    cursor.bytes.copy(this.#buffer, at, restStart, cursor.recordEnd);
    this.#position = at + (cursor.recordEnd - restStart);
  }
}
