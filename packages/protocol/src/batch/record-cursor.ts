import { QError } from '../errors.ts';

/*
 * Walks the records of an uncompressed records section, which is untrusted: every length is checked against what holds
 * it before it is believed. The one parser of records, under validation, iteration, compaction and deduplication.
 *
 * Invariants:
 *   - one cursor serves the whole batch and allocates nothing for a record: positions are fields, not objects;
 *   - after next() returned true, [recordStart, recordEnd) and all ranges inside it lie within [start, end);
 *   - next() returns false only when exactly `count` records filled the section to its end.
 */
const varintBytesMax = 5;
const varlongBytesMax = 10;
/** Attributes, timestamp delta, offset delta, key length, value length and header count take a byte each at least. */
const recordBodyBytesMin = 6;

/** Goes from record to record of a batch without making an object for each. It views the bytes and copies nothing. */
export class RecordCursor {
  /** The bytes that all positions refer to. */
  readonly bytes: Buffer;
  /** Position of the current record's length. */
  recordStart: number;
  /** Position after the current record. */
  recordEnd: number;
  timestampDelta = 0;
  offsetDelta = 0;
  /** Position of the key's length: from here on a record does not depend on its place in the log. */
  keyLengthStart = 0;
  keyStart = 0;
  /** -1 = null. */
  keyLength = -1;
  valueStart = 0;
  /** -1 = null. */
  valueLength = -1;
  /** Position of the first header, after their count. */
  headersStart = 0;
  headerCount = 0;
  /** Index of the current record; -1 before the first. */
  index = -1;

  readonly #end: number;
  readonly #count: number;
  readonly #recordBytesMax: number;
  #position: number;

  /** Walks `count` records in `bytes` from `start` to `end`, none of them larger than `recordBytesMax`. */
  constructor(
    bytes: Buffer,
    start: number,
    end: number,
    count: number,
    recordBytesMax: number = Number.POSITIVE_INFINITY,
  ) {
    this.bytes = bytes;
    this.recordStart = start;
    this.recordEnd = start;
    this.#position = start;
    this.#end = end;
    this.#count = count;
    this.#recordBytesMax = recordBytesMax;
  }

  /** Whether there is a record behind the current one. */
  get hasNext(): boolean {
    return this.index + 1 < this.#count;
  }

  /**
   * Moves to the next record. Returns false after the last; throws QError INVALID_RECORD when the bytes are not
   * records, RECORD_TOO_LARGE.
   */
  next(): boolean {
    const start = this.recordEnd;
    if (this.index + 1 >= this.#count) {
      if (start !== this.#end) throw this.#invalid(`${this.#end - start} bytes follow the last record`);
      return false;
    }
    this.index += 1;
    this.recordStart = start;
    if (!this.#walkUsual(start)) this.#walkAny(start);
    return true;
  }

  /**
   * Walks over a record without headers whose lengths take two bytes at most, as nearly all do; false, and nothing has
   * changed, for any other, and for one that is damaged. One function on purpose, with its varints written out: 10 ns a
   * record, of 25 with calls for each (`pnpm bench --only consume`). Reading past the end is harmless: such a record
   * does not end where it should.
   */
  #walkUsual(start: number): boolean {
    const { bytes } = this;
    let at = start;
    let field = bytes[at++] as number;
    if (field >= 0x80) {
      const second = bytes[at++] as number;
      if (second >= 0x80) return false;
      field = (field & 0x7f) | (second << 7);
    }
    const end = at + (field >>> 1);
    if ((field & 1) !== 0 || end > this.#end || field >>> 1 > this.#recordBytesMax) return false;
    at += 1;

    field = bytes[at++] as number;
    if (field >= 0x80) {
      const second = bytes[at++] as number;
      if (second >= 0x80) return false;
      field = (field & 0x7f) | (second << 7);
    }
    const timestampDelta = (field >>> 1) ^ -(field & 1);

    field = bytes[at++] as number;
    if (field >= 0x80) {
      const second = bytes[at++] as number;
      field = (field & 0x7f) | ((second & 0x7f) << 7);
      if (second >= 0x80) {
        const third = bytes[at++] as number;
        if (third >= 0x80) return false;
        field |= third << 14;
      }
    }
    const offsetDelta = (field >>> 1) ^ -(field & 1);

    const keyLengthStart = at;
    field = bytes[at++] as number;
    if (field >= 0x80) {
      const second = bytes[at++] as number;
      if (second >= 0x80) return false;
      field = (field & 0x7f) | (second << 7);
    }
    const keyLength = (field >>> 1) ^ -(field & 1);
    const keyStart = at;
    if (keyLength > 0) at += keyLength;

    field = bytes[at++] as number;
    if (field >= 0x80) {
      const second = bytes[at++] as number;
      if (second >= 0x80) return false;
      field = (field & 0x7f) | (second << 7);
    }
    const valueLength = (field >>> 1) ^ -(field & 1);
    const valueEnd = valueLength > 0 ? at + valueLength : at;
    if (valueEnd + 1 !== end || bytes[valueEnd] !== 0 || keyLength < -1 || valueLength < -1) return false;

    this.recordEnd = end;
    this.timestampDelta = timestampDelta;
    this.offsetDelta = offsetDelta;
    this.keyLengthStart = keyLengthStart;
    this.keyStart = keyStart;
    this.keyLength = keyLength;
    this.valueStart = at;
    this.valueLength = valueLength;
    this.headersStart = end;
    this.headerCount = 0;
    return true;
  }

  #walkAny(start: number): void {
    this.#position = start;
    const bodyBytes = this.#varint();
    const end = this.#position + bodyBytes;
    if (bodyBytes < recordBodyBytesMin || end > this.#end) throw this.#invalid(`its length is ${bodyBytes}`);
    // Before its headers are walked, of which a large one could have millions.
    if (end - start > this.#recordBytesMax) throw this.#tooLarge(end - start);
    this.recordEnd = end;
    this.#position += 1;
    this.timestampDelta = this.#varlong();
    this.offsetDelta = this.#varint();

    this.keyLengthStart = this.#position;
    this.keyLength = this.#varint();
    this.keyStart = this.#position;
    if (this.keyLength > 0) this.#position += this.keyLength;
    // Checked after each length, before anything is read at a position that it led to.
    if (this.keyLength < -1 || this.#position > end) throw this.#invalid(`its key length is ${this.keyLength}`);

    this.valueLength = this.#varint();
    this.valueStart = this.#position;
    if (this.valueLength > 0) this.#position += this.valueLength;
    if (this.valueLength < -1 || this.#position > end) throw this.#invalid(`its value length is ${this.valueLength}`);

    this.headerCount = this.#varint();
    this.headersStart = this.#position;
    if (this.headerCount !== 0) this.#skipHeaders(end);
    if (this.#position !== end) throw this.#invalid(`it ends ${Math.abs(end - this.#position)} bytes off its length`);
  }

  /** Walks over the headers. Each takes two bytes at least, which bounds how many there can be. */
  #skipHeaders(end: number): void {
    const count = this.headerCount;
    if (count < 0 || count * 2 > end - this.#position) throw this.#invalid(`its header count is ${count}`);
    for (let index = 0; index < count; index += 1) {
      const keyLength = this.#varint();
      if (keyLength < 0 || keyLength > end - this.#position) throw this.#invalid(`a header key length is ${keyLength}`);
      this.#position += keyLength;
      const valueLength = this.#varint();
      if (valueLength < -1 || valueLength > end - this.#position)
        throw this.#invalid(`a header value length is ${valueLength}`);
      if (valueLength > 0) this.#position += valueLength;
    }
  }

  /** A zigzag varint of at most 32 bits. */
  #varint(): number {
    const at = this.#position;
    if (at < this.#end) {
      const first = this.bytes[at] as number;
      if (first < 0x80) {
        this.#position = at + 1;
        return (first >>> 1) ^ -(first & 1);
      }
      const second = this.bytes[at + 1] as number;
      if (second < 0x80 && at + 1 < this.#end) {
        this.#position = at + 2;
        return (((first & 0x7f) >>> 1) | (second << 6)) ^ -(first & 1);
      }
    }
    return this.#varintSlow();
  }

  #varintSlow(): number {
    let unsigned = 0;
    for (let index = 0; index < varintBytesMax; index += 1) {
      const byte = this.#byte();
      unsigned |= (byte & 0x7f) << (7 * index);
      if (byte >= 0x80) continue;
      if (index === varintBytesMax - 1 && byte > 0x0f) break;
      return (unsigned >>> 1) ^ -(unsigned & 1);
    }
    throw this.#invalid('a varint is longer than 32 bits');
  }

  /** A zigzag varint of at most 64 bits, whose value must be a safe integer. */
  #varlong(): number {
    const at = this.#position;
    if (at < this.#end) {
      const first = this.bytes[at] as number;
      if (first < 0x80) {
        this.#position = at + 1;
        return (first >>> 1) ^ -(first & 1);
      }
    }
    return this.#varlongSlow();
  }

  #varlongSlow(): number {
    let low = 0;
    let high = 0;
    for (let index = 0; index < varlongBytesMax; index += 1) {
      const byte = this.#byte();
      if (index < 4) low |= (byte & 0x7f) << (7 * index);
      else high += (byte & 0x7f) * 2 ** (7 * (index - 4));
      if (byte >= 0x80) continue;
      // The low 28 bits and the rest are halved apart: their sum needs a bit more than a number holds exactly.
      const magnitude = high * 0x800_0000 + (low >>> 1);
      const value = (low & 1) === 0 ? magnitude : -magnitude - 1;
      if (!Number.isSafeInteger(value)) break;
      return value;
    }
    throw this.#invalid('a timestamp delta is outside ±(2^53-1)');
  }

  #byte(): number {
    const at = this.#position;
    if (at >= this.#end) throw this.#invalid('it is cut off');
    this.#position = at + 1;
    return this.bytes[at] as number;
  }

  #tooLarge(sizeInBytes: number): QError {
    const bytesMax = this.#recordBytesMax;
    return new QError(
      'RECORD_TOO_LARGE',
      `record ${this.index} of the batch has ${sizeInBytes} bytes, the limit is ${bytesMax}`,
      {
        details: { record: this.index, bytes: sizeInBytes, bytesMax },
      },
    );
  }

  #invalid(reason: string): QError {
    return new QError('INVALID_RECORD', `record ${this.index} of the batch is damaged: ${reason}`, {
      details: { record: this.index },
    });
  }
}
