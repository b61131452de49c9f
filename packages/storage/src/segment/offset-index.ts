/*
 * File `<base offset>.index`, big-endian, entries in ascending order:
 *
 *   0  relativeOffset i32   last offset of a batch, less the segment's base offset
 *   4  position i32         where that batch begins in the .log file
 *
 * Sparse: one entry for about every `indexIntervalBytes` of log. Held in memory in the same layout, so that a file is
 * loaded and written as it is. Derived from the log: whatever fails its checks is dropped and made again.
 *
 * Invariant: relative offsets and positions ascend strictly.
 */
export const offsetIndexEntryBytes = 8;

/**
 * A batch as the index knows it. Whoever goes by it checks that the log has the same there: the file has no checksum.
 */
export interface OffsetIndexEntry {
  readonly lastOffset: number;
  readonly position: number;
}

export class OffsetIndex {
  readonly baseOffset: number;
  #bytes: Buffer;
  #count: number;

  constructor(baseOffset: number, bytes: Buffer = Buffer.alloc(0)) {
    this.baseOffset = baseOffset;
    this.#bytes = bytes;
    this.#count = Math.floor(bytes.length / offsetIndexEntryBytes);
  }

  /** Keeps the entries of a file as far as they make sense. `isWhole` is false when something had to be left out. */
  static parse(o: { baseOffset: number; bytes: Buffer; logBytes: number }): { index: OffsetIndex; isWhole: boolean } {
    const index = new OffsetIndex(o.baseOffset, o.bytes);
    let offset = -1;
    let position = -1;
    let good = 0;
    for (; good < index.#count; good += 1) {
      if (
        index.#offsetAt(good) <= offset
        || index.#positionAt(good) <= position
        || index.#positionAt(good) >= o.logBytes
      )
        break;
      offset = index.#offsetAt(good);
      position = index.#positionAt(good);
    }
    const isWhole = good * offsetIndexEntryBytes === o.bytes.length;
    if (!isWhole) index.#keep(good);
    return { index, isWhole };
  }

  get count(): number {
    return this.#count;
  }

  get memoryBytes(): number {
    return this.#bytes.length;
  }

  get last(): OffsetIndexEntry | null {
    return this.#count === 0 ? null : this.#entryAt(this.#count - 1);
  }

  /** Where the last indexed batch begins, or 0. */
  get lastPosition(): number {
    return this.#count === 0 ? 0 : this.#positionAt(this.#count - 1);
  }

  append(lastOffset: number, position: number): void {
    const at = this.#count * offsetIndexEntryBytes;
    if (at === this.#bytes.length) this.#grow();
    this.#bytes.writeInt32BE(lastOffset - this.baseOffset, at);
    this.#bytes.writeInt32BE(position, at + 4);
    this.#count += 1;
  }

  /** The position of a batch that begins at or before the one that holds `offset`. */
  positionFor(offset: number): number {
    return this.entryFor(offset)?.position ?? 0;
  }

  /**
   * The entry of the last indexed batch that ends at or before `offset`; null when a search has to begin at the start.
   */
  entryFor(offset: number): OffsetIndexEntry | null {
    let low = 0;
    let high = this.#count;
    const relative = offset - this.baseOffset;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsetAt(middle) <= relative) low = middle + 1;
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
    return Buffer.from(this.#bytes.subarray(from * offsetIndexEntryBytes, this.#count * offsetIndexEntryBytes));
  }

  #entryAt(entry: number): OffsetIndexEntry {
    return { lastOffset: this.#offsetAt(entry) + this.baseOffset, position: this.#positionAt(entry) };
  }

  #offsetAt(entry: number): number {
    return this.#bytes.readInt32BE(entry * offsetIndexEntryBytes);
  }

  #positionAt(entry: number): number {
    return this.#bytes.readInt32BE(entry * offsetIndexEntryBytes + 4);
  }

  /** In a copy: the bytes may be those of a file in memory. */
  #keep(count: number): void {
    this.#bytes = Buffer.from(this.#bytes.subarray(0, count * offsetIndexEntryBytes));
    this.#count = count;
  }

  #grow(): void {
    const larger = Buffer.alloc(Math.max(16 * offsetIndexEntryBytes, this.#bytes.length * 2));
    this.#bytes.copy(larger);
    this.#bytes = larger;
  }
}
