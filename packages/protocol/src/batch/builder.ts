import { Codec, compress } from '../compression/codec.ts';
import type { CodecName } from '../compression/codec.ts';
import { giveBack } from '../compression/output-memory.ts';
import { QError } from '../errors.ts';
import { protocolLimits } from '../limits.ts';
import { sharedBatchMemory } from './batch-memory.ts';
import type { BatchMemory } from './batch-memory.ts';
import { writeBatchHeader } from './header.ts';
import type { BatchFields } from './header.ts';
import { batchHeaderBytes, noProducer, noTimestamp, transactionalFlag } from './layout.ts';
import type { RecordHeader } from './record.ts';
import type { ProducerStamp } from './stamp.ts';
import { sizeOfLong, sizeOfUnsigned, writeLong, writeUnsigned } from './zigzag.ts';

/*
 * record:  length varint | attributes i8 = 0 | timestampDelta varlong | offsetDelta varint |
 *          keyLength varint (-1 = null) | key | valueLength varint (-1 = null) | value |
 *          headerCount varint | headers: keyLength varint | key | valueLength varint (-1 = null) | value
 *
 * Invariants of a builder:
 *   - bytes 0..60 of the buffer are kept free for the header, so records never move;
 *   - #position is the end of the last whole record: a record that is refused, or that throws, leaves no trace;
 *   - after finish() the batch belongs to the caller, and the builder takes nothing more;
 *   - #lent is the buffer that a finished batch lies in, until `release`: null for a batch that was copied out of it.
 *
 * This is the hottest code of the producer. It measures a record first, because its length precedes it, and then writes
 * it, with no allocation and no closure for each record.
 */

const initialBytesDefault = 4096;
/** A finished batch may carry this share of unused memory; copying it away would cost more. */
const slackShareMax = 0.25;
/** Texts up to this length are written by a loop; a call of `write` costs about 35 ns, a character in the loop 2 ns. */
const loopCharactersMax = 12;
/** Four, not two: what a copy costs is the first touch of fresh memory, and the slack is trimmed at the end. */
const growthFactor = 4;
const recordBytesMax = 0x7fff_ffff;

/** What a batch is made with. Sizes are in bytes. */
export interface BatchBuilderOptions {
  readonly codec: CodecName;
  /** Bytes the batch may have before compression, header included. One record always fits, however large. */
  readonly bytesMax: number;
  readonly recordsMax?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
  /** First size of the buffer, for a caller that knows what will come. */
  readonly initialBytes?: number;
  /** Where the buffer comes from; one that all builders share if none is given. */
  readonly memory?: BatchMemory;
}

/**
 * The header that is being written: filled and read in one step of `finish`, so all builders share it. A batch of one
 * record would pay for an object of ten fields more than for its bytes.
 */
const fields: { -readonly [Name in keyof BatchFields]: BatchFields[Name] } = {
  baseOffset: 0,
  leaderEpoch: -1,
  attributes: 0,
  lastOffsetDelta: 0,
  baseTimestamp: noTimestamp,
  maxTimestamp: noTimestamp,
  producerId: noProducer,
  producerEpoch: noProducer,
  baseSequence: noProducer,
  recordsCount: 0,
};

/** Encodes records into one batch, in one buffer, once. */
export class BatchBuilder {
  readonly codec: CodecName;
  readonly #attributes: number;
  readonly #baseOffset: number;
  readonly #leaderEpoch: number;
  readonly #bytesMax: number;
  readonly #recordsMax: number;
  readonly #memory: BatchMemory;
  #buffer: Buffer | null;
  #lent: Buffer | null = null;
  #position: number = batchHeaderBytes;
  #count = 0;
  #baseTimestamp: number = noTimestamp;
  #maxTimestamp: number = noTimestamp;
  #producerId: number;
  #producerEpoch: number;
  #baseSequence: number;

  constructor(options: BatchBuilderOptions) {
    this.codec = options.codec;
    this.#attributes = Codec[options.codec] | (options.isTransactional === true ? transactionalFlag : 0);
    this.#baseOffset = options.baseOffset ?? 0;
    this.#leaderEpoch = options.leaderEpoch ?? -1;
    this.#bytesMax = options.bytesMax;
    this.#recordsMax = options.recordsMax ?? protocolLimits.recordsPerBatchMax;
    this.#memory = options.memory ?? sharedBatchMemory;
    this.#buffer = this.#memory.take(
      Math.max(batchHeaderBytes, options.initialBytes ?? Math.min(initialBytesDefault, options.bytesMax)),
    );
    this.#producerId = options.producerId ?? noProducer;
    this.#producerEpoch = options.producerEpoch ?? noProducer;
    this.#baseSequence = options.baseSequence ?? noProducer;
  }

  /** Records appended so far. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the batch so far, header included, before compression. */
  get sizeBytes(): number {
    return this.#position;
  }

  /**
   * Appends a record. Returns false, and leaves the batch as it was, when the record would take it past `bytesMax` or
   * `recordsMax`; a first record always fits. Bytes are copied, strings become UTF-8; nothing is kept of the arguments.
   *
   * `timestampMs`: milliseconds since the epoch, or -1 for none. Throws QError INVALID_TIMESTAMP when it is not a safe
   * integer and RECORD_TOO_LARGE when the record cannot be represented at all (2 GiB). A view whose buffer was
   * transferred or made too short throws a TypeError, and leaves the batch as it was.
   */
  tryAppend(
    key: Uint8Array | string | null,
    value: Uint8Array | string | null,
    headers: readonly RecordHeader[] | undefined,
    timestampMs: number,
  ): boolean {
    if (key === null && headers === undefined && this.#appendUsual(value, timestampMs)) return true;
    const buffer = this.#open();
    if (this.#count >= this.#recordsMax) return false;
    if (!Number.isSafeInteger(timestampMs)) throw invalidTimestamp(timestampMs);
    const timestampDelta = this.#count === 0 ? 0 : timestampMs - this.#baseTimestamp;

    // A string is taken for ASCII at first: its length in bytes is then known without a look at its characters.
    const keyBytes = key === null ? 0 : key.length;
    const keyUnsigned = key === null ? 1 : keyBytes * 2;
    const valueBytes = value === null ? 0 : value.length;
    const valueUnsigned = value === null ? 1 : valueBytes * 2;
    const countUnsigned = this.#count * 2;
    const bodyBytes =
      1
      + sizeOfLong(timestampDelta)
      + sizeOfUnsigned(countUnsigned)
      + sizeOfUnsigned(keyUnsigned)
      + keyBytes
      + sizeOfUnsigned(valueUnsigned)
      + valueBytes
      + (headers === undefined || headers.length === 0 ? 1 : sizeOfHeaders(headers));
    const end = this.#position + sizeOfUnsigned(bodyBytes * 2) + bodyBytes;
    if (end > this.#bytesMax && this.#count > 0) return false;
    if (bodyBytes > recordBytesMax / 2) throw recordTooLarge(bodyBytes);
    const target = end > buffer.length ? this.#grow(end) : buffer;

    let at = writeUnsigned(target, this.#position, bodyBytes * 2);
    target[at] = 0;
    at = writeLong(target, at + 1, timestampDelta);
    at = writeUnsigned(target, at, countUnsigned);
    at = writeUnsigned(target, at, keyUnsigned);
    if (key !== null) {
      if (typeof key !== 'string') target.set(key, at);
      else if (!writeAscii(key, target, at)) return this.tryAppend(Buffer.from(key), value, headers, timestampMs);
      at += keyBytes;
    }
    at = writeUnsigned(target, at, valueUnsigned);
    if (value !== null) {
      if (typeof value !== 'string') target.set(value, at);
      else if (!writeAscii(value, target, at)) return this.tryAppend(key, Buffer.from(value), headers, timestampMs);
      at += valueBytes;
    }
    if (headers === undefined || headers.length === 0) target[at] = 0;
    else writeHeaders(headers, target, at);

    if (this.#count === 0) this.#baseTimestamp = this.#maxTimestamp = timestampMs;
    else if (timestampMs > this.#maxTimestamp) this.#maxTimestamp = timestampMs;
    this.#count += 1;
    this.#position = end;
    return true;
  }

  /**
   * Appends a record with nothing but a value of bytes, as most are, where all of its numbers take one or two bytes,
   * three the offset delta; false, and nothing has changed, for any other. One function on purpose, with its varints
   * written out: 54 ns a record of 100 bytes, CRC included, of 69 without (`pnpm bench --only produce`, column
   * encoding). A test compares it with the other way.
   */
  #appendUsual(value: Uint8Array | string | null, timestampMs: number): boolean {
    if (value === null || typeof value === 'string') return false;
    const target = this.#buffer;
    const count = this.#count;
    const valueBytes = value.length;
    const timestampDelta = timestampMs - this.#baseTimestamp;
    if (target === null || count === 0 || count >= this.#recordsMax || count >= 0x10_0000) return false;
    if (valueBytes > 0x1fc0 || !(timestampDelta >= 0 && timestampDelta < 0x2000)) return false;
    const deltaUnsigned = (timestampDelta | 0) * 2;
    if (deltaUnsigned !== timestampDelta * 2) return false;
    const countUnsigned = count * 2;
    const valueUnsigned = valueBytes * 2;
    const bodyBytes =
      (deltaUnsigned < 0x80 ? 5 : 6)
      + (countUnsigned < 0x80 ? 1 : countUnsigned < 0x4000 ? 2 : 3)
      + (valueUnsigned < 0x80 ? 0 : 1)
      + valueBytes;
    const lengthUnsigned = bodyBytes * 2;
    let at = this.#position;
    const end = at + (lengthUnsigned < 0x80 ? 1 : 2) + bodyBytes;
    if (end > this.#bytesMax || end > target.length) return false;

    if (lengthUnsigned >= 0x80) {
      target[at++] = (lengthUnsigned & 0x7f) | 0x80;
      target[at++] = lengthUnsigned >>> 7;
    } else target[at++] = lengthUnsigned;
    target[at++] = 0;
    if (deltaUnsigned >= 0x80) {
      target[at++] = (deltaUnsigned & 0x7f) | 0x80;
      target[at++] = deltaUnsigned >>> 7;
    } else target[at++] = deltaUnsigned;
    if (countUnsigned >= 0x4000) {
      target[at++] = (countUnsigned & 0x7f) | 0x80;
      target[at++] = ((countUnsigned >>> 7) & 0x7f) | 0x80;
      target[at++] = countUnsigned >>> 14;
    } else if (countUnsigned >= 0x80) {
      target[at++] = (countUnsigned & 0x7f) | 0x80;
      target[at++] = countUnsigned >>> 7;
    } else target[at++] = countUnsigned;
    target[at++] = 1;
    if (valueUnsigned >= 0x80) {
      target[at++] = (valueUnsigned & 0x7f) | 0x80;
      target[at++] = valueUnsigned >>> 7;
    } else target[at++] = valueUnsigned;
    target.set(value, at);
    target[end - 1] = 0;
    if (timestampMs > this.#maxTimestamp) this.#maxTimestamp = timestampMs;
    this.#count = count + 1;
    this.#position = end;
    return true;
  }

  /** Names the producer of the batch; may be called again until `finish`. */
  setProducer(stamp: ProducerStamp): void {
    this.#open();
    this.#producerId = stamp.producerId;
    this.#producerEpoch = stamp.producerEpoch;
    this.#baseSequence = stamp.baseSequence;
  }

  /**
   * Compresses, writes the header and the CRC, and hands over the batch: a buffer with no large unused rest. A small
   * one lies in Node's buffer pool, so copy it if it is to stay for long. The builder is spent.
   *
   * Throws QError CLOSED when called twice, INVALID_RECORD for a batch without records, and UNSUPPORTED_CODEC when the
   * codec's native addon cannot be loaded.
   */
  finish(): Buffer {
    const buffer = this.#open();
    if (this.#count === 0) throw new QError('INVALID_RECORD', 'a batch needs at least one record');
    const batch = this.#takeBatch(buffer);
    this.#buffer = null;
    this.#fillFields();
    writeBatchHeader(batch, fields);
    return batch;
  }

  /**
   * The finished batch is needed no more. `mayReuse`: and nobody, no socket either, will look at its bytes again, so
   * that the next builder may write over them. Without it they are left to the collector.
   */
  release(o: { readonly mayReuse: boolean }): void {
    if (this.#lent !== null && o.mayReuse) this.#memory.giveBack(this.#lent);
    this.#lent = null;
  }

  #fillFields(): void {
    fields.baseOffset = this.#baseOffset;
    fields.leaderEpoch = this.#leaderEpoch;
    fields.attributes = this.#attributes;
    fields.lastOffsetDelta = this.#count - 1;
    fields.baseTimestamp = this.#baseTimestamp;
    fields.maxTimestamp = this.#maxTimestamp;
    fields.producerId = this.#producerId;
    fields.producerEpoch = this.#producerEpoch;
    fields.baseSequence = this.#baseSequence;
    fields.recordsCount = this.#count;
  }

  #open(): Buffer {
    if (this.#buffer === null) throw new QError('CLOSED', 'the batch is finished: its builder takes nothing more');
    return this.#buffer;
  }

  /** The batch without its header. The builder's own buffer leaves with it, or is kept for the next builder. */
  #takeBatch(buffer: Buffer): Buffer {
    if (this.codec === 'none' && buffer.length - this.#position <= buffer.length * slackShareMax) {
      this.#lent = buffer;
      return buffer.subarray(0, this.#position);
    }
    const plain = buffer.subarray(batchHeaderBytes, this.#position);
    const batch =
      this.codec === 'none'
        ? copyOf(buffer, this.#position)
        : joinMade({ records: compress(this.codec, plain), plain });
    this.#memory.giveBack(buffer);
    return batch;
  }

  /** Grows the buffer in few, large steps up to `bytesMax`; only a first record that is larger takes it further. */
  #grow(bytesMin: number): Buffer {
    const current = this.#open();
    const grownBytes = Math.min(Math.max(current.length, initialBytesDefault) * growthFactor, this.#bytesMax);
    const grown = this.#memory.take(Math.max(grownBytes, bytesMin));
    grown.set(current.subarray(0, this.#position));
    this.#buffer = grown;
    this.#memory.giveBack(current);
    return grown;
  }
}

function sizeOfHeaders(headers: readonly RecordHeader[]): number {
  let size = sizeOfUnsigned(headers.length * 2);
  for (const { key, value } of headers) {
    const keyBytes = Buffer.byteLength(key);
    size += sizeOfUnsigned(keyBytes * 2) + keyBytes;
    size += value === null ? 1 : sizeOfUnsigned(value.length * 2) + value.length;
  }
  return size;
}

function writeHeaders(headers: readonly RecordHeader[], target: Buffer, position: number): void {
  let at = writeUnsigned(target, position, headers.length * 2);
  for (const { key, value } of headers) {
    const keyBytes = Buffer.byteLength(key);
    at = writeUnsigned(target, at, keyBytes * 2);
    at += target.write(key, at, keyBytes);
    if (value === null) {
      target[at] = 1;
      at += 1;
      continue;
    }
    at = writeUnsigned(target, at, value.length * 2);
    target.set(value, at);
    at += value.length;
  }
}

/**
 * Writes `text`, for which room of one byte for each character is there. Returns false, with rubbish written no further
 * than the buffer's end, when it is not all ASCII: the caller then encodes it apart.
 */
function writeAscii(text: string, target: Buffer, position: number): boolean {
  const length = text.length;
  if (length <= loopCharactersMax) {
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      target[position + index] = code;
    }
    return true;
  }
  // UTF-8 takes at most three bytes for a UTF-16 unit; with less room a cut-off text could pass for an ASCII one.
  if (target.length - position < length * 3 && Buffer.byteLength(text) !== length) return false;
  return target.write(text, position) === length;
}

/** In Node's buffer pool. As `Buffer.from(buffer.subarray(0, end))`, in half of the time. */
function copyOf(buffer: Buffer, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end);
  buffer.copy(copy, 0, 0, end);
  return copy;
}

/** A batch whose header is still to be written, with a copy of `records` behind it. */
export function joinBatch(records: Buffer): Buffer {
  const batch = Buffer.allocUnsafe(batchHeaderBytes + records.length);
  batch.set(records, batchHeaderBytes);
  return batch;
}

/**
 * As `joinBatch`, for `records` that were made of `plain`, or are the same. Otherwise nothing may refer to them any
 * more: as an addon's output they would wait for the collector by the megabyte.
 */
export function joinMade({ records, plain }: { records: Buffer; plain: Buffer }): Buffer {
  const batch = joinBatch(records);
  if (records !== plain) giveBack(records);
  return batch;
}

function invalidTimestamp(timestampMs: number): QError {
  return new QError('INVALID_TIMESTAMP', `a timestamp is whole milliseconds since the epoch, not ${timestampMs}`);
}

function recordTooLarge(bodyBytes: number): QError {
  return new QError('RECORD_TOO_LARGE', `a record of ${bodyBytes} bytes cannot be represented`, {
    details: { bytes: bodyBytes },
  });
}
