import type { LentMemory } from '@q/protocol';
import type { Segment } from '../segment/segment.ts';
import type { BatchesInMemory } from '../cache/hot-read.ts';

/** A batch of more is left as it is: all that a log has got in 200 ms is copied in one go. */
const smallBytesMax = 2 << 10;
/** Up to so many bytes of small ones become one. */
const runBytesMax = 32 << 10;

/**
 * Batches that the journal has made durable and a file is to get: an append, or several that lie one behind the other.
 */
export interface OwedBatches extends BatchesInMemory {
  readonly segment: Segment;
  /** Where in its file they go. */
  readonly position: number;
  readonly batch: Buffer;
}

/**
 * The same with copies of small neighbours in one piece: one buffer to write instead of a hundred, one entry of the
 * tail cache afterwards instead of one for each, and what the batches came in is free. Takes over the users of memory,
 * and is one of what it returns.
 */
export function joinSmall(owed: readonly OwedBatches[], memory: LentMemory): OwedBatches[] {
  const joined: OwedBatches[] = [];
  for (let from = 0; from < owed.length;) {
    const to = endOfRun(owed, from);
    const first = owed[from] as OwedBatches;
    if (to === from) joined.push(first);
    else
      joined.push({
        segment: first.segment,
        position: first.position,
        baseOffset: first.baseOffset,
        lastOffset: (owed[to - 1] as OwedBatches).lastOffset,
        batch: join(owed.slice(from, to), memory),
      });
    from = Math.max(to, from + 1);
  }
  return joined;
}

/** One past the last of those from `from` on that become one; `from` where there is no small one. */
function endOfRun(owed: readonly OwedBatches[], from: number): number {
  const { segment } = owed[from] as OwedBatches;
  let bytes = 0;
  let to = from;
  for (; to < owed.length; to += 1) {
    const next = owed[to] as OwedBatches;
    bytes += next.batch.length;
    if (next.segment !== segment || next.batch.length > smallBytesMax || bytes > runBytesMax) break;
  }
  return to;
}

function join(run: readonly OwedBatches[], memory: LentMemory): Buffer {
  const joined = memory.join(run.map(({ batch }) => batch));
  for (const { batch } of run) memory.release(batch);
  return joined;
}
