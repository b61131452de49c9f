import assert from 'node:assert/strict';
import type { RecordCount } from '../ports/log-store.ts';
import { Segment } from './segment.ts';

/*
 * The segments of one log.
 *
 * Invariants
 * - Ascending by base offset, and no segment's records reach into the next one. The last one is active: it alone grows.
 * - There is always an active segment; it may be empty, and its file may not exist yet.
 */
export class SegmentList {
  readonly directory: string;
  #segments: Segment[];
  /** The last one: an append asks for it several times, and would go through the array each time. */
  #active: Segment;

  constructor(o: { directory: string; segments: readonly Segment[]; startOffset: number }) {
    this.directory = o.directory;
    this.#segments = [...o.segments];
    if (this.#segments.length === 0)
      this.#segments.push(new Segment({ directory: o.directory, baseOffset: o.startOffset }));
    this.#active = this.#segments.at(-1) as Segment;
  }

  get all(): readonly Segment[] {
    return this.#segments;
  }

  get count(): number {
    return this.#segments.length;
  }

  get first(): Segment {
    return this.#segments[0] as Segment;
  }

  get active(): Segment {
    return this.#active;
  }

  get bytes(): number {
    let bytes = 0;
    for (const segment of this.#segments) bytes += segment.sizeBytes;
    return bytes;
  }

  /** Records from offset `from` up to `to`, which lies in the active segment or at its end. */
  countRecords({ from, to }: { readonly from: number; readonly to: number }): RecordCount {
    let records = 0;
    let isExact = true;
    for (let index = Math.max(this.indexOf(from), 0); index < this.#segments.length; index += 1) {
      const segment = this.#segments[index] as Segment;
      const span = Math.min(segment.endOffset, to) - Math.max(segment.baseOffset, from);
      if (span <= 0) continue;
      const { gaps } = segment;
      // How many gaps lie below `from`, or at `to` and behind it, only the file knows.
      const isAll = from <= segment.baseOffset && to >= segment.endOffset;
      records += Math.min(span, segment.endOffset - segment.baseOffset - (gaps ?? 0));
      if (gaps === null || (gaps > 0 && !isAll)) isExact = false;
    }
    return { records, isExact };
  }

  /** Number of the segment that holds `offset`, or would; -1 below the first. */
  indexOf(offset: number): number {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#segments[middle] as Segment).baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Closes the active segment and begins the next one behind it. */
  roll(): Segment {
    const closed = this.active;
    closed.seal();
    const next = new Segment({ directory: this.directory, baseOffset: closed.endOffset });
    assert(next.baseOffset > closed.baseOffset, 'an empty segment is never rolled');
    this.#segments.push(next);
    this.#active = next;
    return next;
  }

  /** Takes the oldest `count` out; never the active one. */
  dropFirst(count: number): Segment[] {
    assert(count < this.#segments.length, 'the active segment stays');
    return this.#segments.splice(0, count);
  }

  /**
   * Takes out those that begin at or beyond `endOffset`, except that one which begins exactly there may stay as the
   * active one.
   */
  dropFrom(endOffset: number): Segment[] {
    const keep = Math.max(this.indexOf(endOffset), 0) + 1;
    const dropped = this.#segments.splice(keep);
    this.#active = this.#segments.at(-1) as Segment;
    return dropped;
  }

  /** Puts one segment in the place of a run of closed ones. */
  replace(olds: readonly Segment[], replacement: Segment): void {
    const at = this.#segments.indexOf(olds[0] as Segment);
    assert(at >= 0 && at + olds.length < this.#segments.length, 'only closed segments are replaced');
    assert(
      olds.every((old, index) => this.#segments[at + index] === old),
      'what is replaced is a run',
    );
    this.#segments.splice(at, olds.length, replacement);
  }
}
