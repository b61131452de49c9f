import type { QueuedAppend } from '../flush/flushed-log.ts';
import type { HeldPiece, JournaledLog } from '../journal/journal.ts';
import type { LogCore } from './log-core.ts';

/**
 * What the journal is to keep of these appends of one round; null where their segment is to be written and synced
 * instead.
 */
export function journalPiece(core: LogCore, log: JournaledLog, appends: readonly QueuedAppend[]): HeldPiece | null {
  if (core.config.durability !== 'fsync' || core.isShort) return null;
  const first = appends[0] as QueuedAppend;
  const last = appends.at(-1) as QueuedAppend;
  const bytes = last.position + last.batch.length - first.position;
  // A segment is synced before the next one is written to, which takes a round of its own.
  if (first.segment !== last.segment || bytes > core.context.limits.journalPieceBytesMax) return null;
  return {
    kind: 'piece',
    log,
    name: core.journalName,
    offset: first.baseOffset,
    endOffset: last.lastOffset + 1,
    segmentBase: first.segment.baseOffset,
    position: first.position,
    bytes,
    appends,
  };
}
