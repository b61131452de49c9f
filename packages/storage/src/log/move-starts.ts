import type { LocalLog } from './local-log.ts';
import type { LogContext } from './log-context.ts';

/**
 * Makes the logs begin at these offsets: saves that, all of it in one write, and moves them once it is durable. Where it cannot be
 * saved, everything stays as it was: a start that was shown would go back at the next start of the store, and readers would have
 * passed by records that are there again. The files below go afterwards (`LogFiles.dropBelowStart`).
 */
export async function moveStarts(context: LogContext, moves: ReadonlyMap<LocalLog, number>): Promise<void> {
  for (const [log, offset] of moves) log.plannedStarts.push(offset);
  try {
    await context.saveStartOffsets();
    for (const [log, offset] of moves) log.moveStart(offset);
  } finally {
    for (const [{ plannedStarts }, offset] of moves) plannedStarts.splice(plannedStarts.indexOf(offset), 1);
  }
}
