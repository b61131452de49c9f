/*
 * File `<base offset>.timeindex`, big-endian, entries in ascending order:
 *
 *   0  timestamp i64        the greatest timestamp of the segment so far, ms since the epoch
 *   8  relativeOffset i32   last offset of the batch that has it, less the segment's base offset
 *
 * An entry says: no record up to that offset is later than that timestamp. It is written beside an entry of the offset
 * index if the greatest timestamp has grown since, and once more when the segment is closed, so that the last entry of
 * a closed segment is its greatest timestamp (-1 when no record has one).
 *
 * Invariant: timestamps ascend strictly, offsets do not descend.
 */
export const timeIndexEntryBytes = 12;

/**
 * `offset` is the last one of the batch that has the timestamp: who relies on it checks that, as the file has no
 * checksum.
 */
export interface TimeIndexEntry {
  readonly timestampMs: number;
  readonly offset: number;
}

export class TimeIndex {
  readonly baseOffset: number;
  #bytes: Buffer;
  #count: number;

  constructor(baseOffset: number, bytes: Buffer = Buffer.alloc(0)) {
    this.baseOffset = baseOffset;
    this.#bytes = bytes;
    this.#count = Math.floor(bytes.length / timeIndexEntryBytes);
  }

  /** Keeps the entries of a file as far as they make sense. */
  static parse(o: { baseOffset: number; bytes: Buffer; endOffset: number }): { index: TimeIndex; isWhole: boolean } {
    const index = new TimeIndex(o.baseOffset, o.bytes);
    let timestamp = Number.NEGATIVE_INFINITY;
    let offset = 0;
    let good = 0;
    for (; good < index.#count; good += 1) {
      const isSound = index.#timestampAt(good) > timestamp && index.#offsetAt(good) >= offset;
      if (!isSound || index.#offsetAt(good) >= o.endOffset - o.baseOffset) break;
      timestamp = index.#timestampAt(good);
      offset = index.#offsetAt(good);
    }
    const isWhole = good * timeIndexEntryBytes === o.bytes.length;
    if (!isWhole) index.#keep(good);
    return { index, isWhole };
  }

  get count(): number {
    return this.#count;
  }

  get memoryBytes(): number {
    return this.#bytes.length;
  }

  /** The last entry, or null. */
  get last(): TimeIndexEntry | null {
    return this.#count === 0 ? null : this.#entryAt(this.#count - 1);
  }

  /** The first entry's timestamp, or -1. */
  get firstTimestampMs(): number {
    return this.#count === 0 ? -1 : this.#timestampAt(0);
  }

  /** Adds an entry unless the timestamp is no greater than the last one's. */
  append(timestampMs: number, offset: number): void {
    if (this.#count > 0 && timestampMs <= this.#timestampAt(this.#count - 1)) return;
    const at = this.#count * timeIndexEntryBytes;
    if (at === this.#bytes.length) this.#grow();
    this.#bytes.writeBigInt64BE(BigInt(timestampMs), at);
    this.#bytes.writeInt32BE(offset - this.baseOffset, at + 8);
    this.#count += 1;
  }

  /** An offset below which no record has `timestampMs` or later. */
  offsetBefore(timestampMs: number): number {
    const entry = this.entryBefore(timestampMs);
    return entry === null ? this.baseOffset : entry.offset + 1;
  }

  /** The last entry that is earlier; null when there is none. */
  entryBefore(timestampMs: number): TimeIndexEntry | null {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#timestampAt(middle) < timestampMs) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? null : this.#entryAt(low - 1);
  }

  /** The last entry of a batch that ends below `offset`; null when there is none. */
  entryBelow(offset: number): TimeIndexEntry | null {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsetAt(middle) < offset - this.baseOffset) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? null : this.#entryAt(low - 1);
  }

  /** Drops what concerns the log from `endOffset` on. */
  truncateTo(endOffset: number): void {
    let kept = this.#count;
    while (kept > 0 && this.#offsetAt(kept - 1) >= endOffset - this.baseOffset) kept -= 1;
    if (kept < this.#count) this.#keep(kept);
  }

  /** Entries from number `from` on, as the file has them. A copy. */
  bytes(from = 0): Buffer {
    return Buffer.from(this.#bytes.subarray(from * timeIndexEntryBytes, this.#count * timeIndexEntryBytes));
  }

  #entryAt(entry: number): TimeIndexEntry {
    return { timestampMs: this.#timestampAt(entry), offset: this.#offsetAt(entry) + this.baseOffset };
  }

  #timestampAt(entry: number): number {
    return Number(this.#bytes.readBigInt64BE(entry * timeIndexEntryBytes));
  }

  #offsetAt(entry: number): number {
    return this.#bytes.readInt32BE(entry * timeIndexEntryBytes + 8);
  }

  /** In a copy: the bytes may be those of a file in memory. */
  #keep(count: number): void {
    this.#bytes = Buffer.from(this.#bytes.subarray(0, count * timeIndexEntryBytes));
    this.#count = count;
  }

  #grow(): void {
    const larger = Buffer.alloc(Math.max(16 * timeIndexEntryBytes, this.#bytes.length * 2));
    this.#bytes.copy(larger);
    this.#bytes = larger;
  }
}
