import {
  batchBaseOffset,
  batchHeaderBytes,
  batchLastOffsetDelta,
  batchMagic,
  batchSize,
  checkBatch,
} from '@q/protocol';
import { StorageError } from '../errors.ts';
import type { ReadBuffers } from '../files/read-buffers.ts';
import type { File } from '../ports/file-system.ts';
import { hasSafeNumbers } from '../segment/segment-scan.ts';
import type { OffsetIndexEntry } from '../segment/offset-index.ts';
import type { Segment } from '../segment/segment.ts';
import type { ColdRead } from './found-batches.ts';
import type { LogContext } from './log-context.ts';

export interface ColdReadOptions {
  readonly offset: number;
  readonly limitOffset: number;
  readonly maxBytes: number;
  /** Where the batch that holds `offset` begins, when an earlier read has shown it. */
  readonly position?: number | undefined;
  /** Where the bytes are read to, for callers who give them back. */
  readonly memory?: ReadBuffers | undefined;
  /**
   * A first batch that alone has more than `maxBytes` is not read, and nothing found. By default it is returned as it
   * is.
   */
  readonly isBounded?: boolean | undefined;
}

// Enough to hop over the batches that one index entry stands for, little enough not to read a large batch for its
// header.
const probeBytes = 64 << 10;

/** The batch before is not known. */
const unknownOffset = -1;

/** Reads whole batches from a segment's file. Throws CORRUPT_LOG where a batch's header makes no sense. */
export async function readSegment(context: LogContext, segment: Segment, o: ColdReadOptions): Promise<ColdRead> {
  const lease = await context.openFiles.lease(segment.path);
  try {
    const position = o.position ?? (await locate({ context, segment, file: lease.file, offset: o.offset }));
    return await readBatches({ ...o, context, segment, file: lease.file, position, isNext: o.position !== undefined });
  } finally {
    lease.release();
  }
}

interface Place {
  readonly context: LogContext;
  readonly segment: Segment;
  readonly file: File;
}

/** Position of the first batch whose last offset is at or behind `offset`; the end of the file when there is none. */
async function locate(o: Place & { readonly offset: number }): Promise<number> {
  const indexes = await o.context.indexCache.load(o.segment);
  const entry = indexes.offsets.entryFor(o.offset);
  try {
    return await hop({ ...o, entry });
  } catch (error) {
    if (entry === null || !StorageError.is(error)) throw error;
    // Perhaps the index is to blame, not the log. That of the active segment stays in memory: there the search goes
    // without.
    if (o.segment.indexes !== null) return await hop({ ...o, entry: null });
    const rebuilt = await o.context.indexCache.rebuild(o.segment);
    return await hop({ ...o, entry: rebuilt.offsets.entryFor(o.offset) });
  }
}

async function hop(o: Place & { readonly offset: number; readonly entry: OffsetIndexEntry | null }): Promise<number> {
  const { entry } = o;
  const end = o.segment.writtenBytes;
  let position = entry?.position ?? 0;
  let nextOffset = entry === null ? o.segment.baseOffset : unknownOffset;
  let before = -1;
  let block: Buffer = Buffer.alloc(0);
  let blockAt = position;
  while (position < end) {
    if (position - blockAt + batchHeaderBytes > block.length) {
      block = await o.file.read(position, Math.min(probeBytes, end - position));
      blockAt = position;
    }
    const at = position - blockAt;
    const bytes = checkedSize({ block, at, position, segment: o.segment, nextOffset });
    const lastOffset = batchBaseOffset(block, at) + batchLastOffsetDelta(block, at);
    if (position === entry?.position && lastOffset !== entry.lastOffset)
      throw corrupt(o.segment, position, 'the index knows another one there');
    if (lastOffset >= o.offset) {
      const isInGap = batchBaseOffset(block, at) > o.offset && before >= 0;
      if (isInGap) await assertWhole(o, before, position);
      return position;
    }
    before = position;
    nextOffset = lastOffset + 1;
    position += bytes;
  }
  return end;
}

/**
 * In a gap, the last batch before it is what says that nothing lies there: its header is believed only if its CRC
 * matches.
 */
async function assertWhole({ file, segment }: Place, position: number, end: number): Promise<void> {
  const batch = await file.read(position, end - position);
  if (checkBatch(batch, 0, batch.length) !== 'ok') throw corrupt(segment, position, 'it does not match its CRC');
}

/** `isNext`: the batch at `position` is the one behind what was read before, and begins at `offset`. */
async function readBatches(
  o: Place & Omit<ColdReadOptions, 'position'> & { readonly position: number; readonly isNext: boolean },
): Promise<ColdRead> {
  const { context, segment, file, position, memory } = o;
  const rest = segment.writtenBytes - position;
  if (rest <= 0) return nothingAt(o);
  const maxBytes = Math.min(Math.max(o.maxBytes, batchHeaderBytes), context.limits.readBytesMax);
  let block = await file.read(position, Math.min(maxBytes, rest), memory?.take);
  let at = 0;
  let nextOffset = o.isNext ? o.offset : unknownOffset;
  while (at + batchHeaderBytes <= block.length) {
    const bytes = checkedSize({ block, at, position: position + at, segment, nextOffset });
    const baseOffset = batchBaseOffset(block, at);
    if (baseOffset >= o.limitOffset) break;
    // Before a gap, an earlier read took the batch before at its word: the search does not.
    if (at === 0 && o.isNext && baseOffset > o.offset) {
      memory?.giveBack(block);
      return await readBatches({ ...o, position: await locate(o), isNext: false });
    }
    // A reader that comes from a compacted segment may ask for an offset that was there.
    if (at === 0 && !segment.mayHaveGaps && baseOffset > Math.max(o.offset, segment.baseOffset))
      throw corrupt(segment, position, `it begins behind offset ${o.offset}`);
    if (at + bytes > block.length) {
      if (at > 0) break;
      // The first batch is always returned, even if it alone passes the limit.
      memory?.giveBack(block);
      if (o.isBounded === true) return { bytes: Buffer.alloc(0), nextOffset: o.offset, nextPosition: position };
      block = await file.read(position, bytes, memory?.take);
      if (block.length < bytes) throw corrupt(segment, position, 'the file ends inside it');
    }
    nextOffset = baseOffset + batchLastOffsetDelta(block, at) + 1;
    at += bytes;
  }
  if (at > 0) return { bytes: block.subarray(0, at), nextOffset, nextPosition: position + at };
  memory?.giveBack(block);
  return nothingAt(o);
}

/** No batch at `position`: fine behind the last one, and where compaction has been. Elsewhere records are missing. */
function nothingAt(
  o: Omit<ColdReadOptions, 'position'> & { readonly segment: Segment; readonly position: number },
): ColdRead {
  const { segment, position, offset } = o;
  const rest = segment.writtenBytes - position;
  if (rest > 0 && rest < batchHeaderBytes) throw corrupt(segment, position, 'the file ends inside its header');
  const isMissing =
    !segment.mayHaveGaps && offset >= segment.baseOffset && offset < Math.min(segment.endOffset, o.limitOffset);
  if (isMissing) throw corrupt(segment, position, `the file ends before offset ${offset}`);
  return { bytes: Buffer.alloc(0), nextOffset: offset, nextPosition: position };
}

/**
 * `nextOffset`: where the batch has to begin (or at the earliest, if the segment may have gaps), as the one before it
 * says.
 */
function checkedSize(o: { block: Buffer; at: number; position: number; segment: Segment; nextOffset: number }): number {
  const { block, at, position, segment, nextOffset } = o;
  if (at + batchHeaderBytes > block.length) throw corrupt(segment, position, 'the file ends inside its header');
  const bytes = batchSize(block, at);
  if (batchMagic(block, at) !== 2) throw corrupt(segment, position, 'it has no batch magic');
  if (bytes < batchHeaderBytes || position + bytes > segment.writtenBytes)
    throw corrupt(segment, position, `it says it has ${bytes} bytes`);
  if (!hasSafeNumbers(block, at)) throw corrupt(segment, position, 'its header is nonsense');
  const baseOffset = batchBaseOffset(block, at);
  const lastOffset = baseOffset + batchLastOffsetDelta(block, at);
  if (baseOffset < segment.baseOffset || lastOffset < baseOffset || lastOffset >= segment.endOffset) {
    throw corrupt(segment, position, `it says it holds offsets ${baseOffset} to ${lastOffset}`);
  }
  // The offset lies outside the CRC: that it follows is the only check there is.
  if (nextOffset !== unknownOffset && (segment.mayHaveGaps ? baseOffset < nextOffset : baseOffset !== nextOffset)) {
    throw corrupt(segment, position, `it begins at offset ${baseOffset}, behind ${nextOffset - 1}`);
  }
  return bytes;
}

function corrupt(segment: Segment, position: number, reason: string): StorageError {
  return new StorageError('CORRUPT_LOG', `stored batch is damaged (${segment.path}, byte ${position}): ${reason}`, {
    details: { file: segment.path, position, reason },
  });
}
