import { usageError } from '../command-error.ts';
import { isLater, readTimeExpression, timeExpressionHelp, timestampOf } from './time-expression.ts';
import type { TimeExpression } from './time-expression.ts';

/** A place in a partition as it was written. */
export type Position =
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** So many offsets before the end. */
  | { readonly kind: 'last'; readonly count: number }
  | { readonly kind: 'time'; readonly time: TimeExpression };

/** `to` is exclusive; `null` means "and whatever comes after", which is what a place without a colon says. */
export interface OffsetRange {
  readonly from: Position;
  readonly to: Position | null;
}

export const offsetRangeHelp: string = `start, end, an offset, -N (the last N offsets of each partition; fewer records where some were compacted away, and in topics with transactions: each end of one takes an offset, too), ${timeExpressionHelp}; or a range from:to of these, without its end`;

export function parseOffsetRange(text: string): OffsetRange {
  const whole = readPosition(text);
  if (whole !== undefined) return { from: whole, to: null };
  // Times contain colons too, so every colon is tried as the separator; what is a time as a whole was taken above.
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) {
    const from = colon === 0 ? ({ kind: 'start' } as const) : readPosition(text.slice(0, colon));
    const to = colon === text.length - 1 ? ({ kind: 'end' } as const) : readPosition(text.slice(colon + 1));
    if (from !== undefined && to !== undefined) return forward({ from, to });
  }
  throw usageError(`expected ${offsetRangeHelp}`);
}

/** A range that ends before it begins holds nothing, whatever the partition has: somebody has mixed up its ends. */
function forward(range: { readonly from: Position; readonly to: Position }): OffsetRange {
  if (!isBackward(range.from, range.to)) return range;
  throw usageError('the range ends before it begins; write the smaller place first');
}

function isBackward(from: Position, to: Position): boolean {
  if (from.kind === 'offset' && to.kind === 'offset') return from.offset > to.offset;
  if (from.kind === 'last' && to.kind === 'last') return from.count < to.count;
  if (from.kind === 'time' && to.kind === 'time') return isLater(from.time, to.time);
  return (from.kind === 'end' && to.kind !== 'end') || (to.kind === 'start' && from.kind !== 'start');
}

/** One place, where a range makes no sense. */
export function parsePosition(text: string): Position {
  const position = readPosition(text);
  if (position === undefined) throw usageError(`expected start, end, an offset, -N, ${timeExpressionHelp}`);
  return position;
}

function readPosition(text: string): Position | undefined {
  if (text === 'start') return { kind: 'start' };
  if (text === 'end') return { kind: 'end' };
  if (/^\d{1,15}$/.test(text)) return { kind: 'offset', offset: Number(text) };
  if (/^-\d{1,15}$/.test(text)) return { kind: 'last', count: Number(text.slice(1)) };
  if (!text.startsWith('@')) return undefined;
  const time = readTimeExpression(text.slice(1));
  return time === undefined ? undefined : { kind: 'time', time };
}

/** What a position is resolved against. */
export interface PartitionEnds {
  /** Offset of the first record that is still there. */
  readonly startOffset: number;
  /** Offset that the next record will get. */
  readonly endOffset: number;
  /** Each offset between them has a record. False: compaction or transactions may have left some without. */
  readonly isGapless?: boolean;
}

/** The timestamp that must be looked up at the broker before {@link resolvePosition}, or `null`. */
export function timestampToLookUp(position: Position, nowMs: number): number | null {
  return position.kind === 'time' ? timestampOf(position.time, nowMs) : null;
}

/**
 * The offset that a position means in one partition. An absolute offset is given back as it is, in range or not.
 *
 * @param offsetAtTime what the broker answered for the position's timestamp; `null` when no record is that young
 */
export function resolvePosition(position: Position, ends: PartitionEnds, offsetAtTime: number | null): number {
  switch (position.kind) {
    case 'start':
      return ends.startOffset;
    case 'end':
      return ends.endOffset;
    case 'offset':
      return position.offset;
    case 'last':
      return Math.max(ends.startOffset, ends.endOffset - position.count);
    case 'time':
      return offsetAtTime ?? ends.endOffset;
  }
}
