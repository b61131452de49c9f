/** Where a place lies in each partition of a topic. */
import type { FoundOffset, OwnedCaller, Services } from '@q/broker';
import { QError } from '@q/protocol';
import type { Place } from './place.ts';

/** What one partition has, and the offset that is meant in it. */
export interface PartitionPlace {
  readonly partition: number;
  readonly startOffset: number;
  /** The offset that the next record gets. */
  readonly endOffset: number;
  readonly offset: number;
}

export interface Sought {
  readonly topicId: string;
  readonly partitions: readonly number[];
  readonly place: Place;
  readonly nowMs: number;
}

/**
 * An offset that somebody wrote is given back as it is, in range or not; every other place lies within what the
 * partition has. @throws QError whatever is wrong with the first partition that something is wrong with
 */
export async function findPlaces(
  { offsets }: Pick<Services, 'offsets'>,
  caller: OwnedCaller,
  { topicId, partitions, place, nowMs }: Sought,
): Promise<PartitionPlace[]> {
  const ask = async (at: 'start' | 'end' | number): Promise<FoundOffset[]> => {
    const wanted = partitions.map((partition) => ({ partition, leaderEpoch: -1, at }));
    const [found = []] = await offsets.find([{ topicId, partitions: wanted }], caller);
    const wrong = found.find(({ error }) => error !== null);
    if (wrong?.error) throw wrong.error;
    return found;
  };
  const timeMs = timeOf(place, nowMs);
  const atTime = timeMs === null ? null : await ask(timeMs);
  const starts = await ask('start');
  const ends = await ask('end');
  return partitions.map((partition, index) => {
    const startOffset = starts[index]!.offset;
    const endOffset = Math.max(startOffset, ends[index]!.offset);
    const found = atTime?.[index]?.offset ?? -1;
    return { partition, startOffset, endOffset, offset: offsetOf(place, { startOffset, endOffset, found }) };
  });
}

function timeOf(place: Place, nowMs: number): number | null {
  if (place.kind === 'at') return place.timestampMs;
  return place.kind === 'ago' ? Math.max(0, Math.round(nowMs - place.durationMs)) : null;
}

function offsetOf(place: Place, has: { startOffset: number; endOffset: number; found: number }): number {
  const { startOffset, endOffset, found } = has;
  switch (place.kind) {
    case 'start':
      return startOffset;
    case 'end':
      return endOffset;
    case 'offset':
      return place.offset;
    case 'last':
      return Math.max(startOffset, endOffset - place.count);
    case 'at':
    case 'ago':
      return found < 0 ? endOffset : Math.min(Math.max(found, startOffset), endOffset);
  }
}

/** The partitions that are meant: all of the topic, or those that are named. @throws QError UNKNOWN_PARTITION */
export function choosePartitions(
  topic: { readonly name: string; readonly partitions: readonly unknown[] },
  named: readonly number[] | undefined,
): number[] {
  const all = topic.partitions.map((_, index) => index);
  if (named === undefined) return all;
  const missing = named.find((partition) => partition >= all.length);
  if (missing === undefined) return [...named];
  throw new QError(
    'UNKNOWN_PARTITION',
    `topic ${topic.name} has ${all.length} partitions, and none of number ${missing}`,
    {
      details: { topic: topic.name, partition: missing, partitions: all.length },
    },
  );
}
