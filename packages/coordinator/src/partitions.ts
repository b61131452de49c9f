/**
 * Sets of partitions, by topic id.
 *
 * Whatever these functions return may be one of their arguments, or share lists with them: nothing of it is ever
 * changed. That sharing is what makes comparing cheap: a member that owns its target holds the very object that its
 * target is.
 */

/** Partitions by topic id. Lists are ascending, hold each number once, and are never empty. */
export type PartitionsByTopic = ReadonlyMap<string, readonly number[]>;

/** The empty set. */
export const noPartitions: PartitionsByTopic = new Map();

/** As they came from somewhere: in any order, repeated, with empty lists or a topic in several pieces. */
export function partitionsByTopic(
  entries: Iterable<{ readonly topicId: string; readonly partitions: readonly number[] }>,
): PartitionsByTopic {
  const sets = new Map<string, Set<number>>();
  for (const { topicId, partitions } of entries) {
    const set = sets.get(topicId) ?? new Set();
    for (const partition of partitions) set.add(partition);
    if (set.size > 0) sets.set(topicId, set);
  }
  return new Map([...sets].map(([topicId, set]) => [topicId, [...set].sort(ascending)]));
}

/** Whether the set has this partition. */
export function includesPartition(set: PartitionsByTopic, topicId: string, partition: number): boolean {
  const list = set.get(topicId);
  return list !== undefined && listIncludes(list, partition);
}

/** How many partitions the set has, over all topics. */
export function countPartitions(set: PartitionsByTopic): number {
  let count = 0;
  for (const list of set.values()) count += list.length;
  return count;
}

export function samePartitions(left: PartitionsByTopic, right: PartitionsByTopic): boolean {
  if (left === right) return true;
  if (left.size !== right.size) return false;
  for (const [topicId, list] of left) {
    const other = right.get(topicId);
    if (other === undefined || !sameList(list, other)) return false;
  }
  return true;
}

/** Whether each partition of `part` is in one of the other sets. */
export function isPartOf(part: PartitionsByTopic, ...wholes: readonly PartitionsByTopic[]): boolean {
  for (const [topicId, list] of part) {
    if (!list.every((partition) => wholes.some((whole) => includesPartition(whole, topicId, partition)))) return false;
  }
  return true;
}

/** The set itself when all of it stays. */
export function filterPartitions(
  set: PartitionsByTopic,
  keeps: (topicId: string, partition: number) => boolean,
): PartitionsByTopic {
  const kept = new Map<string, readonly number[]>();
  let isWhole = true;
  for (const [topicId, list] of set) {
    const some = list.filter((partition) => keeps(topicId, partition));
    isWhole &&= some.length === list.length;
    if (some.length > 0) kept.set(topicId, some.length === list.length ? list : some);
  }
  return isWhole ? set : kept;
}

/** What is in both. */
export function intersection(left: PartitionsByTopic, right: PartitionsByTopic): PartitionsByTopic {
  if (left === right) return left;
  return filterPartitions(left, (topicId, partition) => includesPartition(right, topicId, partition));
}

/** What is in `left` and not in `right`. */
export function difference(left: PartitionsByTopic, right: PartitionsByTopic): PartitionsByTopic {
  if (left === right) return noPartitions;
  return filterPartitions(left, (topicId, partition) => !includesPartition(right, topicId, partition));
}

/** What is in at least one. */
export function union(left: PartitionsByTopic, right: PartitionsByTopic): PartitionsByTopic {
  if (left.size === 0) return right;
  if (right.size === 0) return left;
  return partitionsByTopic([...entriesOf(left), ...entriesOf(right)]);
}

function entriesOf(set: PartitionsByTopic): { topicId: string; partitions: readonly number[] }[] {
  return [...set].map(([topicId, partitions]) => ({ topicId, partitions }));
}

/** Binary search: a member may own ten thousand partitions of one topic. */
function listIncludes(list: readonly number[], partition: number): boolean {
  let low = 0;
  let high = list.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = list[middle]!;
    if (found === partition) return true;
    if (found < partition) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

function sameList(left: readonly number[], right: readonly number[]): boolean {
  return (
    left === right || (left.length === right.length && left.every((partition, index) => partition === right[index]))
  );
}

function ascending(left: number, right: number): number {
  return left - right;
}
