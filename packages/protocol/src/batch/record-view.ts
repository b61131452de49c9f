import type { RecordCursor } from './record-cursor.ts';
import type { RecordViewHeader } from './record.ts';

/** What all records of one batch share. */
export interface RecordOrigin {
  readonly bytes: Buffer;
  /** What `bytes` is a view of. Asking a buffer for it takes 10 ns, so it is asked once for all records. */
  readonly memory: ArrayBufferLike;
  readonly baseOffset: number;
  readonly baseTimestamp: number;
  /** The one timestamp of all records when the log stamped them on arrival, else null. */
  readonly appendTimeMs: number | null;
  readonly source: RecordSource | null;
}

/** Where a batch was read from. */
export interface RecordSource {
  readonly topic: string;
  readonly partition: number;
}

/**
 * The class of what `Buffer.subarray` returns: buffers without the call, and the checks, that take half of its time.
 */
const BufferView = (
  Buffer as unknown as { [Symbol.species]: new (memory: ArrayBufferLike, start: number, length: number) => Buffer }
)[Symbol.species];

const noHeaders: readonly RecordViewHeader[] = Object.freeze([]);

/**
 * One record of a batch. It holds positions; `key`, `value` and `headers` are decoded when they are read, so take each
 * once. Buffers are views: they keep the batch (or its decompressed bytes) in memory, and must be copied to outlive it.
 */
export class RecordView {
  // A view for each record is the price of a readable API, so it is kept small: what most readers never ask for, or
  // what a varint away tells, is found again when it is wanted. Nine fields instead of six took 20 ns more of a
  // reader's 80 (`pnpm bench --only consume`).
  readonly #origin: RecordOrigin;
  readonly #offsetDelta: number;
  readonly #timestampDelta: number;
  readonly #keyLengthStart: number;
  readonly #valueStart: number;
  readonly #valueLength: number;

  /** @internal */
  constructor(origin: RecordOrigin, cursor: RecordCursor) {
    this.#origin = origin;
    this.#offsetDelta = cursor.offsetDelta;
    this.#timestampDelta = cursor.timestampDelta;
    this.#keyLengthStart = cursor.keyLengthStart;
    this.#valueStart = cursor.valueStart;
    this.#valueLength = cursor.valueLength;
  }

  /** Empty unless whoever reads the batch has said where it comes from. */
  get topic(): string {
    return this.#origin.source?.topic ?? '';
  }

  /** -1 unless whoever reads the batch has said where it comes from. */
  get partition(): number {
    return this.#origin.source?.partition ?? -1;
  }

  get offset(): number {
    return this.#origin.baseOffset + this.#offsetDelta;
  }

  /** Milliseconds since the epoch, -1 for none: the producer's, or the log's when it stamps records on arrival. */
  get timestampMs(): number {
    return this.#origin.appendTimeMs ?? this.#origin.baseTimestamp + this.#timestampDelta;
  }

  get key(): Buffer | null {
    return this.#keyFields().readBytes();
  }

  get value(): Buffer | null {
    return this.#valueLength < 0 ? null : viewOf(this.#origin, this.#valueStart, this.#valueLength);
  }

  /** Length of the key in bytes, -1 for a null key; costs no view. */
  get keyBytes(): number {
    return this.#keyFields().readLength();
  }

  /** Length of the value in bytes, -1 for a null value; costs no view. */
  get valueBytes(): number {
    return this.#valueLength;
  }

  get headerCount(): number {
    return this.#headerFields().readLength();
  }

  /** The headers in their order, decoded anew on each access. */
  get headers(): readonly RecordViewHeader[] {
    const fields = this.#headerFields();
    const count = fields.readLength();
    return count === 0 ? noHeaders : decodeHeaders(fields, count);
  }

  /** The key as UTF-8 text, without a view between. */
  keyText(): string | null {
    return this.#keyFields().readText();
  }

  /** The value as UTF-8 text, without a view between. */
  valueText(): string | null {
    return this.#valueLength < 0
      ? null
      : this.#origin.bytes.toString('utf8', this.#valueStart, this.#valueStart + this.#valueLength);
  }

  /** At the key's length. */
  #keyFields(): FieldReader {
    return new FieldReader(this.#origin, this.#keyLengthStart);
  }

  /** At the count of the headers. */
  #headerFields(): FieldReader {
    return new FieldReader(this.#origin, this.#valueStart + Math.max(0, this.#valueLength));
  }
}

/** What `console.log` shows: the fields are none of the object's own. */
Object.defineProperty(RecordView.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: RecordView): object {
    const { topic, partition, offset, timestampMs, key, value, headers } = this;
    return { topic, partition, offset, timestampMs, key, value, headers };
  },
});

/** As `bytes.subarray(start, start + length)`, of a range that a cursor has walked over. */
function viewOf({ memory, bytes }: RecordOrigin, start: number, length: number): Buffer {
  return new BufferView(memory, bytes.byteOffset + start, length);
}

function decodeHeaders(fields: FieldReader, count: number): RecordViewHeader[] {
  const headers: RecordViewHeader[] = [];
  for (let index = 0; index < count; index += 1) {
    const key = fields.readText() ?? '';
    headers.push({ key, value: fields.readBytes() });
  }
  return headers;
}

/** Reads fields that a cursor has walked over already: nothing is checked again. */
class FieldReader {
  readonly #origin: RecordOrigin;
  #position: number;

  constructor(origin: RecordOrigin, position: number) {
    this.#origin = origin;
    this.#position = position;
  }

  /** A length or a count; -1 = null. */
  readLength(): number {
    const { bytes } = this.#origin;
    let unsigned = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[this.#position] as number;
      this.#position += 1;
      unsigned |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (unsigned >>> 1) ^ -(unsigned & 1);
    }
  }

  readText(): string | null {
    const end = this.#endOfBytes();
    return end < 0 ? null : this.#origin.bytes.toString('utf8', this.#take(end), end);
  }

  readBytes(): Buffer | null {
    const end = this.#endOfBytes();
    if (end < 0) return null;
    const start = this.#take(end);
    return viewOf(this.#origin, start, end - start);
  }

  /** Position after the bytes whose length is read here; -1 = null. */
  #endOfBytes(): number {
    const length = this.readLength();
    return length < 0 ? -1 : this.#position + length;
  }

  /** Moves on to `end`; returns where it was. */
  #take(end: number): number {
    const start = this.#position;
    this.#position = end;
    return start;
  }
}
