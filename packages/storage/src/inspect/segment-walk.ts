import { batchBaseOffset, batchHeaderBytes, batchSize } from '@q/protocol';
import type { File } from '../ports/file-system.ts';
import { describeProblem } from '../segment/scan-problem.ts';
import { findValidBatch, scanSegment } from '../segment/segment-scan.ts';
import type { ScanEnd } from '../segment/segment-scan.ts';

/** One batch of a file, whole and with the CRC that it says. */
export interface IntactBatch {
  readonly kind: 'batch';
  readonly position: number;
  readonly batch: Buffer;
}

/** Bytes between two good batches, or between one and the end of the file, that are none. */
export interface DamagedStretch {
  readonly kind: 'damage';
  readonly position: number;
  /** Where the next good batch begins, or the end of the file. */
  readonly endPosition: number;
  /** The first offset that is missing. */
  readonly fromOffset: number;
  /** The first offset behind the damage; null where nothing good follows in this file. */
  readonly toOffset: number | null;
  readonly reason: string;
}

export interface WalkOptions {
  readonly file: Pick<File, 'read'>;
  /** Bytes from the beginning that are looked at: usually the size of the file. */
  readonly sizeBytes: number;
  readonly baseOffset: number;
  /** Compaction was never at work here: each batch begins where the one before it ended. */
  readonly isContiguous: boolean;
  readonly blockBytes: number;
}

/**
 * All of one file, from the first byte to the last: its batches, each checked whole, and what is damaged between them.
 * It reads as recovery does, and changes nothing. Memory: some blocks, or the largest batch.
 */
export async function* walkSegment(
  o: WalkOptions,
): AsyncGenerator<IntactBatch | DamagedStretch, { readonly nextOffset: number }, undefined> {
  let position = 0;
  let nextOffset = o.baseOffset;
  /** Behind damage the first batch may begin anywhere. */
  let isGapKnown = false;
  while (position < o.sizeBytes) {
    const window = await scanWindow(o, { position, nextOffset, isGapKnown });
    yield* window.batches;
    position = window.end.position;
    nextOffset = window.end.nextOffset;
    isGapKnown = false;
    if (window.end.problem === null) continue;
    const behind = await findBehind(o, window.end);
    yield {
      kind: 'damage',
      position,
      endPosition: behind?.position ?? o.sizeBytes,
      fromOffset: nextOffset,
      toOffset: behind?.baseOffset ?? null,
      reason: describeProblem(window.end.problem),
    };
    if (behind === null) break;
    position = behind.position;
    nextOffset = behind.baseOffset;
    isGapKnown = true;
  }
  return { nextOffset };
}

interface Place {
  readonly position: number;
  readonly nextOffset: number;
  readonly isGapKnown: boolean;
}

interface Window {
  readonly batches: readonly IntactBatch[];
  readonly end: ScanEnd;
}

/** As many batches as fit into a few blocks, at least one, so that whoever asks for them can take his time. */
async function scanWindow(o: WalkOptions, place: Place): Promise<Window> {
  for (let bytes = 4 * o.blockBytes; ; bytes = Math.max(2 * bytes, await batchBytesAt(o, place.position))) {
    const to = Math.min(place.position + bytes, o.sizeBytes);
    const window = await scan(o, place, to);
    const { end } = window;
    if (end.problem === 'truncated' && to < o.sizeBytes) {
      if (window.batches.length > 0) return { ...window, end: { ...end, problem: null } };
      continue;
    }
    return window;
  }
}

async function scan(o: WalkOptions, { position, nextOffset, isGapKnown }: Place, to: number): Promise<Window> {
  const batches: IntactBatch[] = [];
  const end = await scanSegment({
    file: o.file,
    from: position,
    to,
    offset: nextOffset,
    isContiguous: o.isContiguous,
    verifyFromOffset: 0,
    blockBytes: o.blockBytes,
    onBatch: ({ buffer, at, position: found, bytes }) =>
      void batches.push({ kind: 'batch', position: found, batch: buffer.subarray(at, at + bytes) }),
  });
  const first = batches[0];
  // A scan that begins amid a file takes any later offset for its first batch.
  const jumps = o.isContiguous && !isGapKnown && first !== undefined && batchBaseOffset(first.batch) !== nextOffset;
  return jumps ? { batches: [], end: { position, nextOffset, problem: 'bad-offset' } } : { batches, end };
}

async function batchBytesAt({ file, sizeBytes }: WalkOptions, position: number): Promise<number> {
  const header = await file.read(position, Math.min(batchHeaderBytes, sizeBytes - position));
  return header.length < batchHeaderBytes ? 0 : Math.min(batchSize(header), sizeBytes);
}

async function findBehind(
  o: WalkOptions,
  { position, nextOffset, problem }: ScanEnd,
): Promise<{ readonly position: number; readonly baseOffset: number } | null> {
  // A whole batch at the wrong offset is a good one all the same, if it lies ahead: what lay between is missing.
  const from = problem === 'bad-offset' ? position : position + 1;
  return await findValidBatch({
    file: o.file,
    from,
    to: o.sizeBytes,
    offset: nextOffset,
    blockBytes: o.blockBytes,
  });
}
