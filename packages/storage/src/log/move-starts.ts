import type { LogContext } from './log-context.ts';
import type { LogCore } from './log-core.ts';

/**
 * Makes the logs begin at these offsets: saves that, all of it in one write, and moves them once it is durable. Where
 * it cannot be saved, everything stays as it was: a start that was shown would go back at the next start of the store,
 * and readers would have passed by records that are there again. The files below go afterwards
 * (`DroppedSegments.dropBelowStart`).
 */
export async function moveStarts(context: LogContext, moves: ReadonlyMap<LogCore, number>): Promise<void> {
  for (const [{ plannedStarts }, offset] of moves) plannedStarts.push(offset);
  try {
    await context.saveStartOffsets();
    for (const [core, offset] of moves) moveStart(core, offset);
  } finally {
    for (const [{ plannedStarts }, offset] of moves) plannedStarts.splice(plannedStarts.indexOf(offset), 1);
  }
}

/** Nothing below `offset` is served any more. */
function moveStart(core: LogCore, offset: number): void {
  core.logStartOffset = Math.max(core.logStartOffset, offset);
  if (core.epochs.truncateStart(core.logStartOffset)) core.areEpochsSaved = false;
  core.drops += 1;
}
