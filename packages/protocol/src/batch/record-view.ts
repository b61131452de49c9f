import type { RecordCursor } from './record-cursor.ts';
import type { RecordViewHeader } from './record.ts';

/** What all records of one batch share. */
export interface RecordOrigin {
  readonly bytes: Buffer;
  readonly baseOffset: number;
  readonly baseTimestamp: number;
  /** The one timestamp of all records when the log stamped them on arrival, else null. */
  readonly appendTimeMs: number | null;
}

const noHeaders: readonly RecordViewHeader[] = Object.freeze([]);

/**
 * One record of a batch. It holds positions; `key`, `value` and `headers` are decoded when they are read, so take each
 * once. Buffers are views: they keep the batch (or its decompressed bytes) in memory, and must be copied to outlive it.
 */
export class RecordView {
  // Positions as small integers: a view for each record is the price of a readable API, so it is kept cheap.
  readonly #origin: RecordOrigin;
  readonly #offsetDelta: number;
  readonly #timestampDelta: number;
  readonly #keyStart: number;
  readonly #keyLength: number;
  readonly #valueStart: number;
  readonly #valueLength: number;
  readonly #headersStart: number;
  readonly #headerCount: number;

  /** @internal */
  constructor(origin: RecordOrigin, cursor: RecordCursor) {
    this.#origin = origin;
    this.#offsetDelta = cursor.offsetDelta;
    this.#timestampDelta = cursor.timestampDelta;
    this.#keyStart = cursor.keyStart;
    this.#keyLength = cursor.keyLength;
    this.#valueStart = cursor.valueStart;
    this.#valueLength = cursor.valueLength;
    this.#headersStart = cursor.headersStart;
    this.#headerCount = cursor.headerCount;
  }

  get offset(): number {
    return this.#origin.baseOffset + this.#offsetDelta;
  }

  /** Milliseconds since the epoch, -1 for none: the producer's, or the log's when it stamps records on arrival. */
  get timestampMs(): number {
    return this.#origin.appendTimeMs ?? this.#origin.baseTimestamp + this.#timestampDelta;
  }

  get key(): Buffer | null {
    return this.#keyLength < 0 ? null : this.#origin.bytes.subarray(this.#keyStart, this.#keyStart + this.#keyLength);
  }

  get value(): Buffer | null {
    return this.#valueLength < 0 ? null : this.#origin.bytes.subarray(this.#valueStart, this.#valueStart + this.#valueLength);
  }

  /** Length of the key in bytes, -1 for a null key; costs no view. */
  get keyBytes(): number {
    return this.#keyLength;
  }

  /** Length of the value in bytes, -1 for a null value; costs no view. */
  get valueBytes(): number {
    return this.#valueLength;
  }

  get headerCount(): number {
    return this.#headerCount;
  }

  /** The headers in their order, decoded anew on each access. */
  get headers(): readonly RecordViewHeader[] {
    return this.#headerCount === 0 ? noHeaders : decodeHeaders(this.#origin.bytes, this.#headersStart, this.#headerCount);
  }

  /** The key as UTF-8 text, without a view between. */
  keyText(): string | null {
    return this.#keyLength < 0 ? null : this.#origin.bytes.toString('utf8', this.#keyStart, this.#keyStart + this.#keyLength);
  }

  /** The value as UTF-8 text, without a view between. */
  valueText(): string | null {
    return this.#valueLength < 0 ? null : this.#origin.bytes.toString('utf8', this.#valueStart, this.#valueStart + this.#valueLength);
  }
}

/** Decodes headers that a cursor has walked over already: nothing is checked again. */
function decodeHeaders(bytes: Buffer, start: number, count: number): RecordViewHeader[] {
  const headers: RecordViewHeader[] = [];
  const reader = new HeaderReader(bytes, start);
  for (let index = 0; index < count; index += 1) {
    const key = reader.readText();
    headers.push({ key, value: reader.readBytes() });
  }
  return headers;
}

class HeaderReader {
  readonly #bytes: Buffer;
  #position: number;

  constructor(bytes: Buffer, position: number) {
    this.#bytes = bytes;
    this.#position = position;
  }

  readText(): string {
    const length = this.#varint();
    const start = this.#position;
    this.#position = start + length;
    return this.#bytes.toString('utf8', start, start + length);
  }

  readBytes(): Buffer | null {
    const length = this.#varint();
    if (length < 0) return null;
    const start = this.#position;
    this.#position = start + length;
    return this.#bytes.subarray(start, start + length);
  }

  #varint(): number {
    let unsigned = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#position] as number;
      this.#position += 1;
      unsigned |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (unsigned >>> 1) ^ -(unsigned & 1);
    }
  }
}
