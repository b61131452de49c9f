import { batchSize } from '@q/protocol';
import type { Damage } from './damage.ts';
import type { LogFacts } from './fixture.ts';
import type { Folder } from './folder.ts';

/** Bytes of a batch before its length field: the base offset, which the CRC leaves out. */
const baseOffsetBytes = 8;

/**
 * Damage that the files as they are cannot show, decided by the exact place: everything else counts. Both kinds concern
 * only logs that compaction may have thinned out, where offsets have gaps by right. `docs/RELIABILITY.md` lists them.
 */
export function knownLimit(folder: Folder, damage: Damage, { id, config }: LogFacts): string | null {
  if (!config.cleanupPolicy.compact || !damage.path.startsWith(`${id.topic}-`) || !damage.path.endsWith('.log'))
    return null;
  const starts = batchStarts(folder.get(damage.path)!);
  if (damage.kind === 'flip') {
    const isInOffset = starts.some((start) => damage.at >> 3 >= start && damage.at >> 3 < start + baseOffsetBytes);
    return isInOffset ? 'compacted: base offset changed within a gap' : null;
  }
  if (damage.kind === 'missing') return 'compacted: a whole segment is missing';
  return damage.kind === 'cut' && starts.includes(damage.at) ? 'compacted: cut between two batches' : null;
}

function batchStarts(bytes: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) starts.push(at);
  return starts;
}
