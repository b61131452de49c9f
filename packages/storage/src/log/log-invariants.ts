import { AssertionError } from 'node:assert/strict';
import type { Segment } from '../segment/segment.ts';
import type { LogCore } from './log-core.ts';

/*
 * What holds of a log whenever none of its parts is at work. Asserted where that costs nothing: when it is opened,
 * closed and maintained, and after appends were taken back; after every round where `limits.assertRounds` says so, as
 * in the simulation.
 *
 * - logStartOffset <= highWatermark <= logEndOffset, and so for starts that are being saved. Only the failure of
 *   appends above the high watermark moves the end back.
 * - A batch is in one of `waiting`, `owed` and the tail cache, in this order and without a gap between them: whatever
 *   no file has is in memory. It has one user of its memory for that, which it takes along.
 * - What waits begins at the high watermark and reaches to the end; nothing waits when the two are one.
 * - Segments follow each other, and of none more is synced than written, or written than assigned.
 * - All logs together have nothing less than nothing above their checkpoints.
 */
export function assertLogHolds(core: LogCore): void {
  if (core.context.uncovered.bytes < 0) throw broken(core, 'what no checkpoint covers is less than nothing');
  // Of one that is damaged the files are left as they are, whatever they say.
  if (core.damage !== null) return;
  assertOffsets(core);
  assertWaiting(core);
  assertOwed(core);
  assertSegments(core);
}

function assertOffsets(core: LogCore): void {
  const { startOffsetToSave, logStartOffset, highWatermark, logEndOffset } = core;
  if (logStartOffset > startOffsetToSave || startOffsetToSave > highWatermark)
    throw broken(core, 'the start, or a planned one, is beyond the high watermark');
  if (highWatermark > logEndOffset) throw broken(core, 'the high watermark is beyond the end');
}

function assertWaiting(core: LogCore): void {
  let next = core.highWatermark;
  for (const { baseOffset, lastOffset } of core.waiting) {
    if (baseOffset !== next || lastOffset < baseOffset)
      throw broken(core, `what waits at offset ${baseOffset} should begin at ${next}`);
    next = lastOffset + 1;
  }
  if (next !== core.logEndOffset) throw broken(core, `what waits ends at offset ${next}`);
}

function assertOwed(core: LogCore): void {
  let next = 0;
  for (const { baseOffset, lastOffset, position, segment } of core.owed) {
    if (baseOffset < next || lastOffset >= core.highWatermark)
      throw broken(core, `what is owed at offset ${baseOffset} is out of place`);
    if (position < segment.writtenBytes) throw broken(core, `what is owed at offset ${baseOffset} is written already`);
    next = lastOffset + 1;
  }
  const { startOffset } = core.tail;
  if (startOffset !== Number.POSITIVE_INFINITY && startOffset >= core.unwrittenOffset)
    throw broken(core, `the tail cache has offset ${startOffset}, which no file has`);
}

function assertSegments(core: LogCore): void {
  let before: Segment | null = null;
  for (const segment of core.segmentList.all) {
    const { baseOffset, endOffset, syncedBytes, writtenBytes, sizeBytes } = segment;
    if (syncedBytes > writtenBytes || writtenBytes > sizeBytes)
      throw broken(core, `of segment ${baseOffset} more is synced than written, or written than assigned`);
    if (endOffset < baseOffset || (before !== null && before.endOffset > baseOffset))
      throw broken(core, `segment ${baseOffset} reaches into another one`);
    before = segment;
  }
}

/** Made only where it is thrown: the sentences would cost more than the checks. */
function broken(core: LogCore, what: string): AssertionError {
  const { name, state, logStartOffset, highWatermark, logEndOffset, waiting, owed } = core;
  const facts = `${state}, offsets ${logStartOffset} to ${highWatermark} to ${logEndOffset}, ${waiting.length} waiting, ${owed.length} owed`;
  return new AssertionError({ message: `the log of ${name} is not what it should be: ${what} (${facts})` });
}
