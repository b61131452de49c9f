import {
  batchBaseOffset,
  batchHeaderBytes,
  batchIsControl,
  batchLastOffsetDelta,
  batchRecordsCount,
  batchSize,
  checkBatch,
} from '@q/protocol';
import type { BatchCheck } from '@q/protocol';
import type { File } from '../ports/file-system.ts';

/** One batch on a scan's way. `buffer` holds at least its header at `at`, and all of a marker of a transaction. */
export interface ScannedBatch {
  readonly buffer: Buffer;
  readonly at: number;
  readonly position: number;
  readonly bytes: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
}

export interface ScanOptions {
  readonly file: Pick<File, 'read'>;
  /** Position of a batch. */
  readonly from: number;
  /** Position where to stop; usually the size of the file. */
  readonly to: number;
  /** No batch may begin below this offset. */
  readonly offset: number;
  /**
   * Each batch begins at the offset behind the one before it, that at position 0 at `offset`: true unless compaction
   * made gaps.
   */
  readonly isContiguous?: boolean;
  /** No batch may reach this offset. Default: as far as an index entry can lead from `offset`. */
  readonly limitOffset?: number;
  /**
   * Batches that reach this offset have their CRC checked; of those below, only markers of transactions: nothing but
   * their bytes says how a transaction has ended.
   */
  readonly verifyFromOffset: number;
  readonly blockBytes: number;
  readonly onBatch: (batch: ScannedBatch) => void;
}

export interface ScanEnd {
  /** Behind the last good batch. */
  readonly position: number;
  /** One past the last good batch's last offset, or the offset that the scan began with. */
  readonly nextOffset: number;
  /** Why it stopped: null at `to`. */
  readonly problem: Exclude<BatchCheck, 'ok'> | 'bad-offset' | 'bad-header' | null;
}

/** Offsets in a segment are 31 bits above its base, as the indexes have no more. */
const relativeOffsetEnd = 2 ** 31;

/**
 * Walks over the batches of a file in order, up to the first one that is not good. Payloads that need no check are not
 * read.
 */
export async function scanSegment(o: ScanOptions): Promise<ScanEnd> {
  const limitOffset = o.limitOffset ?? o.offset + relativeOffsetEnd;
  let position = o.from;
  let nextOffset = o.offset;
  let block: Buffer = Buffer.alloc(0);
  let blockAt = position;
  while (position < o.to) {
    let at = position - blockAt;
    let view = block.subarray(at);
    if (view.length < batchHeaderBytes) {
      block = await o.file.read(position, Math.min(o.blockBytes, o.to - position));
      blockAt = position;
      at = 0;
      view = block;
    }
    const isContiguous = o.isContiguous === true && (position === 0 || position > o.from);
    const header = checkHeader(view, { remainingBytes: o.to - position, nextOffset, limitOffset, isContiguous });
    if (header !== null) return { position, nextOffset, problem: header };
    const bytes = batchSize(view);
    const baseOffset = batchBaseOffset(view);
    const lastOffset = baseOffset + batchLastOffsetDelta(view);
    if (lastOffset >= o.verifyFromOffset || batchIsControl(view)) {
      if (view.length < bytes) {
        block = await o.file.read(position, Math.min(Math.max(bytes, o.blockBytes), o.to - position));
        blockAt = position;
        at = 0;
      }
      const check = checkBatch(block, at, bytes);
      if (check !== 'ok') return { position, nextOffset, problem: check };
    }
    o.onBatch({ buffer: block, at, position, bytes, baseOffset, lastOffset });
    position += bytes;
    nextOffset = lastOffset + 1;
  }
  return { position, nextOffset, problem: null };
}

interface HeaderExpectation {
  /** Of the file, from the batch on. */
  readonly remainingBytes: number;
  readonly nextOffset: number;
  readonly limitOffset: number;
  readonly isContiguous: boolean;
}

/** What is wrong with the header at the start of `view`; null: nothing. */
function checkHeader(view: Buffer, o: HeaderExpectation): ScanEnd['problem'] {
  if (view.length < batchHeaderBytes) return 'truncated';
  // The CRC is looked at later, if at all: everything before it is judged here.
  const check = checkBatch(view.subarray(0, batchHeaderBytes), 0, Number.MAX_SAFE_INTEGER);
  if (check === 'bad-length' || check === 'bad-magic') return check;
  if (batchSize(view) > o.remainingBytes) return 'truncated';
  if (batchLastOffsetDelta(view) < 0 || batchRecordsCount(view) < 0) return 'bad-header';
  if (!hasSafeNumbers(view, 0)) return 'bad-header';
  // The offset lies outside the CRC: that it follows is the only check there is.
  const baseOffset = batchBaseOffset(view);
  const follows = o.isContiguous ? baseOffset === o.nextOffset : baseOffset >= o.nextOffset;
  return follows && baseOffset + batchLastOffsetDelta(view) < o.limitOffset ? null : 'bad-offset';
}

/** False when one of the header's 64-bit fields cannot be read as a number: it is nothing that was ever assigned. */
export function hasSafeNumbers(view: Buffer, at: number): boolean {
  // baseOffset, baseTimestamp, maxTimestamp, producerId.
  return (
    isSafeInt64(view, at) && isSafeInt64(view, at + 27) && isSafeInt64(view, at + 35) && isSafeInt64(view, at + 43)
  );
}

/** Within 2^53 - 1 in either direction. */
function isSafeInt64(view: Buffer, at: number): boolean {
  const high = view.readInt32BE(at);
  return high > -0x20_0000 && high < 0x20_0000;
}

/**
 * Where the first whole, valid batch begins at or behind `from`, or null. Looks at every byte: this tells a torn tail
 * from rot, and happens only when a batch is bad.
 */
export async function findValidBatch(
  o: Omit<ScanOptions, 'onBatch' | 'verifyFromOffset'>,
): Promise<{ position: number; baseOffset: number } | null> {
  const offsetMax = o.offset + 2 ** 31;
  let position = o.from;
  while (o.to - position >= batchHeaderBytes) {
    const block = await o.file.read(position, Math.min(o.blockBytes, o.to - position));
    const last = block.length - batchHeaderBytes;
    // Byte 16 of a batch is its magic, 2: the native search skips to those.
    for (let at = block.indexOf(2, 16) - 16; at >= 0 && at <= last; at = block.indexOf(2, at + 17) - 16) {
      if (!isPlausible(block, at, { offset: o.offset, offsetMax, remainingBytes: o.to - position - at })) continue;
      const bytes = batchSize(block, at);
      const whole =
        at + bytes <= block.length ? block.subarray(at, at + bytes) : await o.file.read(position + at, bytes);
      if (checkBatch(whole, 0, bytes) === 'ok') return { position: position + at, baseOffset: batchBaseOffset(whole) };
    }
    if (last < 0) return null;
    position += last + 1;
  }
  return null;
}

function isPlausible(
  block: Buffer,
  at: number,
  o: { offset: number; offsetMax: number; remainingBytes: number },
): boolean {
  const bytes = batchSize(block, at);
  if (bytes < batchHeaderBytes || bytes > o.remainingBytes) return false;
  if (!isSafeInt64(block, at)) return false;
  const offset = batchBaseOffset(block, at);
  return offset >= o.offset && offset <= o.offsetMax;
}
