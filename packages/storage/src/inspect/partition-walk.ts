import { batchLastOffset, batchRecordsCount } from '@q/protocol';
import { offsetFileName } from '../files/file-names.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { KnownOffsets } from './known-offsets.ts';
import { walkSegment } from './segment-walk.ts';
import type { DamagedStretch, IntactBatch } from './segment-walk.ts';
import type { StoredPartition, StoredSegment } from './stored-partition.ts';

const blockBytes = 256 << 10;

/** A batch or damage, and in which file. */
export type Finding = (IntactBatch | DamagedStretch) & { readonly segment: StoredSegment };

/** What a walk over a partition has come to so far. */
export interface WalkSummary {
  readonly segments: number;
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
  /** The first offset that a file has, and one past the last. */
  readonly startOffset: number;
  readonly endOffset: number;
  readonly damages: number;
}

/**
 * Everything that a partition's segment files hold, in order. A segment that is missing between two others, or ends
 * before the next one begins, is damage at the end of the one before it. So is what `known` says to have been there and
 * the files have not, before the first or behind the last.
 */
export async function* walkPartition(
  fileSystem: FileSystem,
  { segments, directory }: Pick<StoredPartition, 'segments' | 'directory'>,
  known: Partial<KnownOffsets> = {},
): AsyncGenerator<Finding, WalkSummary, undefined> {
  const startOffset = segments[0]?.baseOffset ?? 0;
  const tally = { segments: segments.length, batches: 0, records: 0, bytes: 0, damages: 0 };
  let endOffset = startOffset;
  const head = known.startOffset === undefined ? null : missingHead({ segments, directory }, known.startOffset);
  if (head !== null) {
    tally.damages += 1;
    yield head;
  }
  for (const [index, segment] of segments.entries()) {
    const nextBase = segments[index + 1]?.baseOffset ?? known.endOffset ?? null;
    for await (const finding of walkFile(fileSystem, segment, nextBase)) {
      if (finding.kind === 'damage') {
        tally.damages += 1;
        endOffset = Math.max(endOffset, finding.toOffset ?? finding.fromOffset);
      } else {
        tally.batches += 1;
        tally.records += batchRecordsCount(finding.batch);
        tally.bytes += finding.batch.length;
        endOffset = batchLastOffset(finding.batch) + 1;
      }
      yield { ...finding, segment };
    }
  }
  return { ...tally, startOffset, endOffset };
}

/** The segment that the first readable offset lies in is not there. */
function missingHead(
  { segments, directory }: Pick<StoredPartition, 'segments' | 'directory'>,
  startOffset: number,
): Finding | null {
  const first = segments[0];
  if (first === undefined || !first.isContiguous || first.baseOffset <= startOffset) return null;
  const path = `${directory}/${offsetFileName(startOffset, 'log')}`;
  return {
    kind: 'damage',
    segment: { path, baseOffset: startOffset, sizeBytes: 0, isContiguous: true },
    position: 0,
    endPosition: 0,
    fromOffset: startOffset,
    toOffset: first.baseOffset,
    reason: `the segment that holds offset ${startOffset} is missing`,
  };
}

async function* walkFile(
  fileSystem: FileSystem,
  segment: StoredSegment,
  nextBase: number | null,
): AsyncGenerator<IntactBatch | DamagedStretch, void, undefined> {
  const file = await fileSystem.open(segment.path, 'read');
  try {
    const { sizeBytes, baseOffset, isContiguous } = segment;
    const walk = walkSegment({ file, sizeBytes, baseOffset, isContiguous, blockBytes });
    let step = await walk.next();
    let last: DamagedStretch | null = null;
    while (step.done !== true) {
      if (last !== null) yield last;
      last = step.value.kind === 'damage' ? step.value : null;
      if (step.value.kind === 'batch') yield step.value;
      step = await walk.next();
    }
    const { nextOffset } = step.value;
    if (last !== null) yield { ...last, toOffset: last.toOffset ?? nextBase };
    else if (isContiguous && nextBase !== null && nextOffset < nextBase)
      yield missingEnd({ position: sizeBytes, fromOffset: nextOffset, toOffset: nextBase });
  } finally {
    await file.close();
  }
}

function missingEnd(o: { position: number; fromOffset: number; toOffset: number }): DamagedStretch {
  const reason = `the file ends before offset ${o.fromOffset}, and what is known to follow begins at ${o.toOffset}`;
  return { kind: 'damage', ...o, endPosition: o.position, reason };
}
