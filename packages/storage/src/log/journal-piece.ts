import type { QueuedAppend } from '../flush/flushed-log.ts';
import type { HeldPiece } from '../journal/journal.ts';
import type { LocalLog } from './local-log.ts';

/** What the journal is to keep of these appends of one round; null where their segment is to be written and synced instead. */
export function journalPiece(log: LocalLog, appends: readonly QueuedAppend[]): HeldPiece | null {
  if (log.config.durability !== 'fsync' || log.files.isShort) return null;
  const first = appends[0] as QueuedAppend;
  const last = appends.at(-1) as QueuedAppend;
  const bytes = last.position + last.batch.length - first.position;
  // A segment is synced before the next one is written to, which takes a round of its own.
  if (first.segment !== last.segment || bytes > log.context.limits.journalPieceBytesMax) return null;
  return {
    kind: 'piece',
    log,
    name: log.journalName,
    offset: first.baseOffset,
    endOffset: last.lastOffset + 1,
    segmentBase: first.segment.baseOffset,
    position: first.position,
    bytes,
    appends,
  };
}
