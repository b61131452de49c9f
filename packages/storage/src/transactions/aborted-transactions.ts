import { StorageError, newerFormatError } from '../errors.ts';

/*
 * The aborted transactions of one log, so that whoever reads committed records is told which to leave out.
 *
 * File `<base offset>.txnindex` of a segment: those whose marker is in it. Big-endian, 34 bytes each; the layout is the
 * public one, and frozen (a golden test pins it). Entries only follow each other. There is a file, which may be empty,
 * where there is a marker: so a start knows that not every offset has a record.
 *
 *    0  version i16 = 0
 *    2  producerId i64
 *   10  firstOffset i64        of its first record
 *   18  lastOffset i64         of its marker
 *   26  lastStableOffset i64   right after the marker: whatever is decided later begins there, or behind
 *
 * Numbers in one array instead of an object for each: a log may have a million of them.
 *
 * Invariant: ascending by lastOffset.
 */

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of its marker. */
  readonly lastOffset: number;
  /** Right after the marker. */
  readonly lastStableOffset: number;
}

/** What a reader leaves out: records of a producer, from an offset up to the producer's next marker. */
export interface AbortedRange {
  readonly producerId: number;
  readonly firstOffset: number;
}

export const abortedEntryBytes = 34;
const version = 0;
const fields = 4;
/** Position of each in an entry's numbers. */
const at = { producerId: 0, firstOffset: 1, lastOffset: 2, lastStableOffset: 3 } as const;

export class AbortedTransactions {
  #numbers: number[] = [];

  get count(): number {
    return this.#numbers.length / fields;
  }

  add({ producerId, firstOffset, lastOffset, lastStableOffset }: AbortedTransaction): void {
    this.#numbers.push(producerId, firstOffset, lastOffset, lastStableOffset);
  }

  /** Those that have records from offset `from` up to, and without, `to`; in the order of their markers. */
  within(from: number, to: number): AbortedRange[] {
    const found: AbortedRange[] = [];
    for (let index = this.#firstEndingAt(from); index < this.count; index += 1) {
      const firstOffset = this.#number(index, at.firstOffset);
      if (firstOffset < to) found.push({ producerId: this.#number(index, at.producerId), firstOffset });
      if (this.#number(index, at.lastStableOffset) >= to) break;
    }
    return found;
  }

  /** Whether one has records at `offset` or behind it. */
  isAnyBehind(offset: number): boolean {
    return this.#firstEndingAt(offset) < this.count;
  }

  /** Whether a record of that producer at that offset was aborted. */
  has(producerId: number, offset: number): boolean {
    return this.count > 0 && this.within(offset, offset + 1).some((range) => range.producerId === producerId);
  }

  /** Forgets those whose marker is at or beyond `endOffset`. */
  truncateEnd(endOffset: number): void {
    this.#numbers.length = this.#firstEndingAt(endOffset) * fields;
  }

  /** Forgets those whose marker is below `startOffset`: nothing of them is left to read. */
  truncateStart(startOffset: number): void {
    const gone = this.#firstEndingAt(startOffset);
    if (gone > 0) this.#numbers = this.#numbers.slice(gone * fields);
  }

  /** Forgets those whose markers were at these offsets, ascending. */
  remove(markerOffsets: readonly number[]): void {
    if (markerOffsets.length === 0) return;
    const gone = new Set(markerOffsets);
    this.#numbers = this.#numbers.filter(
      (_, index) => !gone.has(this.#number(Math.floor(index / fields), at.lastOffset)),
    );
  }

  clear(): void {
    this.#numbers = [];
  }

  /** How many have their marker in the segment. */
  countIn({ baseOffset, endOffset }: { readonly baseOffset: number; readonly endOffset: number }): number {
    return this.count === 0 ? 0 : this.#firstEndingAt(endOffset) - this.#firstEndingAt(baseOffset);
  }

  /** The bytes of a segment's file, but for so many entries that it has already. */
  bytesOf(segment: { readonly baseOffset: number; readonly endOffset: number }, entriesSaved = 0): Buffer {
    const first = this.#firstEndingAt(segment.baseOffset) + entriesSaved;
    const end = this.#firstEndingAt(segment.endOffset);
    const bytes = Buffer.alloc(Math.max(0, end - first) * abortedEntryBytes);
    for (let index = first; index < end; index += 1) this.#write(bytes, index, (index - first) * abortedEntryBytes);
    return bytes;
  }

  /** Number of the first whose marker is at or behind `offset`. */
  #firstEndingAt(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#number(middle, at.lastOffset) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #number(index: number, field: number): number {
    return this.#numbers[index * fields + field] as number;
  }

  #write(bytes: Buffer, index: number, to: number): void {
    bytes.writeInt16BE(version, to);
    for (let field = 0; field < fields; field += 1)
      bytes.writeBigInt64BE(BigInt(this.#number(index, field)), to + 2 + field * 8);
  }
}

/**
 * The entries of a segment's file.
 * @throws StorageError UNSUPPORTED_FORMAT for a later version; CORRUPT_LOG for what cannot have been written: the
 * caller makes the entries again from the log
 */
export function decodeAborted(
  bytes: Buffer,
  segment: { readonly baseOffset: number; readonly endOffset: number },
): AbortedTransaction[] {
  if (bytes.length % abortedEntryBytes !== 0) throw corrupt(`${bytes.length} bytes are no whole entries`);
  const entries: AbortedTransaction[] = [];
  for (let from = 0; from < bytes.length; from += abortedEntryBytes) {
    const found = bytes.readInt16BE(from);
    if (found > version) throw newerFormatError({ file: 'an index of transactions', found, known: version });
    const [producerId, firstOffset, lastOffset, lastStableOffset] = [2, 10, 18, 26].map((field) =>
      Number(bytes.readBigInt64BE(from + field)),
    ) as [number, number, number, number];
    const before = entries.at(-1)?.lastOffset ?? segment.baseOffset - 1;
    const isSane =
      found === version
      && producerId >= 0
      && firstOffset >= 0
      && firstOffset < lastOffset
      && lastOffset > before
      && lastOffset < segment.endOffset
      && lastStableOffset <= lastOffset + 1;
    if (!isSane) throw corrupt(`the entry at byte ${from} cannot be`);
    entries.push({ producerId, firstOffset, lastOffset, lastStableOffset });
  }
  return entries;
}

function corrupt(reason: string): StorageError {
  return new StorageError('CORRUPT_LOG', `an index of transactions is unreadable: ${reason}`);
}
