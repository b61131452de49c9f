/**
 * The range assignor: each topic by itself, in contiguous pieces that differ by at most one partition, in the order of
 * the members' names. So partitions of the same number of topics with equal partitions and subscribers go to one
 * member, which is what joining two topics by key needs. It pays with balance over topics, and with more moves.
 */
import type { AssignmentTask } from './assignor.ts';
import type { Member } from './member.ts';
import type { PartitionsByTopic } from '../partitions.ts';

export function assignRange({ members, topics }: AssignmentTask): readonly PartitionsByTopic[] {
  const results = members.map(() => new Map<string, readonly number[]>());
  const ranks = ranksOf(members);
  for (const { topicId, partitions, subscribers } of topics) {
    const ordered = [...subscribers].sort((left, right) => ranks[left]! - ranks[right]!);
    const size = Math.floor(partitions / ordered.length);
    const larger = partitions % ordered.length;
    let start = 0;
    for (const [index, subscriber] of ordered.entries()) {
      const length = size + (index < larger ? 1 : 0);
      const first = start;
      if (length > 0)
        results[subscriber]!.set(
          topicId,
          Array.from({ length }, (_, offset) => first + offset),
        );
      start += length;
    }
  }
  return results;
}

/** A static member keeps its rank when it comes back under another id: it is ranked by its name. */
function ranksOf(members: readonly Member[]): readonly number[] {
  const order = members.map((member, index) => ({
    name: member.instanceId ?? member.memberId,
    id: member.memberId,
    index,
  }));
  order.sort((left, right) => compareTexts(left.name, right.name) || compareTexts(left.id, right.id));
  const ranks = Array.from({ length: members.length }, () => 0);
  for (const [rank, { index }] of order.entries()) ranks[index] = rank;
  return ranks;
}

/** By code units, the same on every machine. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
