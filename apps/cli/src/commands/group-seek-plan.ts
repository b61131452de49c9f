import type { GroupDescription, Q } from '@q/client';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import type { FileOffset } from '../input/offset-file.ts';
import type { Position } from '../input/offset-expression.ts';
import { resolveInPartitions } from './partition-positions.ts';
import type { PartitionPosition } from './partition-positions.ts';

/** Where a group is to go. */
export type SeekGoal =
  | {
      readonly kind: 'place';
      readonly topic: string;
      readonly partitions: readonly number[] | undefined;
      readonly position: Position;
      readonly nowMs: number;
    }
  /** So many records forward, or back if it is negative. */
  | {
      readonly kind: 'shift';
      readonly topic: string;
      readonly partitions: readonly number[] | undefined;
      readonly by: number;
    }
  | { readonly kind: 'offsets'; readonly offsets: readonly FileOffset[] };

export interface SeekTarget {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Of the partition, to tell the lag that is left. */
  readonly endOffset: number;
  /** Each offset up to there has a record. */
  readonly isGapless: boolean;
}

/**
 * What the goal means in each partition at this moment. Offsets that somebody wrote down are given back as they are, in
 * range or not, so that the broker says so; what is computed stays within what the partition has.
 *
 * @param known the group as it is; `null` when there is none
 */
export async function planSeek(
  q: Q,
  o: { group: string; known: GroupDescription | null; goal: SeekGoal },
): Promise<SeekTarget[]> {
  const { goal } = o;
  switch (goal.kind) {
    case 'place':
      return (await resolveInPartitions(q, goal)).map(({ partition, offset, endOffset, isGapless = false }) => ({
        topic: goal.topic,
        partition,
        offset,
        endOffset,
        isGapless,
      }));
    case 'shift':
      return planShift(await endsOf(q, goal), { ...o, goal });
    case 'offsets':
      return planOffsets(q, goal.offsets);
  }
}

/** Asked about its end a partition also tells its start, and whether it is there at all. */
function endsOf(q: Q, o: { topic: string; partitions: readonly number[] | undefined }): Promise<PartitionPosition[]> {
  return resolveInPartitions(q, { topic: o.topic, partitions: o.partitions, position: { kind: 'end' }, nowMs: 0 });
}

function planShift(
  ends: readonly PartitionPosition[],
  o: { group: string; known: GroupDescription | null; goal: SeekGoal & { kind: 'shift' } },
): SeekTarget[] {
  const { topic, partitions, by } = o.goal;
  const committed = new Map(
    o.known?.partitions
      .filter((place) => place.topic === topic)
      .map((place) => [place.partition, place.committedOffset]),
  );
  const targets: SeekTarget[] = [];
  for (const { partition, startOffset, endOffset, isGapless = false } of ends) {
    const from = committed.get(partition) ?? null;
    // Who names partitions means them all; who names none means those that there is something to shift in.
    if (from === null && partitions !== undefined) throw nothingToShift(o.group, `${topic}, partition ${partition}`);
    if (from !== null)
      targets.push({
        topic,
        partition,
        offset: Math.min(endOffset, Math.max(startOffset, from + by)),
        endOffset,
        isGapless,
      });
  }
  if (targets.length === 0) throw nothingToShift(o.group, topic);
  return targets;
}

function nothingToShift(group: string, place: string): CommandError {
  return new CommandError(ExitCode.failure, `group ${group} has no offset in ${place} that could be shifted; use --to`);
}

async function planOffsets(q: Q, offsets: readonly FileOffset[]): Promise<SeekTarget[]> {
  const targets: SeekTarget[] = [];
  for (const [topic, places] of Map.groupBy(offsets, (place) => place.topic)) {
    const ends = new Map(
      (await endsOf(q, { topic, partitions: places.map(({ partition }) => partition) })).map((end) => [
        end.partition,
        end,
      ]),
    );
    for (const { partition, offset } of places) {
      const { endOffset, isGapless = false } = ends.get(partition) ?? { endOffset: offset };
      targets.push({ topic, partition, offset, endOffset, isGapless });
    }
  }
  return targets;
}
