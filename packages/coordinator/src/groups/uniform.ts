/**
 * The uniform assignor: members own as equally many partitions as their subscriptions allow, and as few partitions as
 * possible move.
 *
 * Three steps:
 *  1. Everybody keeps what its target was, as far as the topic is still there and still wanted.
 *  2. What nobody keeps goes, one by one, to the subscriber that has the least.
 *  3. As long as somebody can be relieved by one who has two less, directly or through others (`Balance`), one
 *     partition moves. When nobody can, no other assignment is more equal; with equal subscriptions that is within one
 *     partition.
 *
 * Step 3 finds nothing to do after a leave when subscriptions are equal, and moves no more than the new member's share
 * after a join. Ties are broken by the order of members and partitions alone: the same task has the same result.
 */
import type { AssignmentTask } from './assignor.ts';
import { Balance } from './balance.ts';
import { Holding } from './holding.ts';
import type { PartitionsByTopic } from '../partitions.ts';

export function assignUniform(task: AssignmentTask): readonly PartitionsByTopic[] {
  const holdings = task.members.map(({ target }) => new Holding(target));
  const free = keepTargets(task, holdings);
  for (const [index, partitions] of free.entries()) give(partitions, { task, holdings, topic: index });
  new Balance(task, holdings).level();
  return holdings.map((holding) => holding.finish());
}

/** Drops what cannot be kept, and returns for each topic what nobody holds then. */
function keepTargets(task: AssignmentTask, holdings: readonly Holding[]): number[][] {
  const taken = task.topics.map(({ partitions }) => new Uint8Array(partitions));
  const indexes = new Map(task.topics.map(({ topicId }, index) => [topicId, index]));
  const wants = task.topics.map(({ subscribers }) => new Set(subscribers));
  for (const [member, holding] of holdings.entries()) {
    holding.retain((topicId, partition) => {
      const topic = indexes.get(topicId);
      if (topic === undefined || !wants[topic]!.has(member) || partition >= task.topics[topic]!.partitions)
        return false;
      taken[topic]![partition] = 1;
      return true;
    });
  }
  return taken.map((marks) => [...marks.keys()].filter((partition) => marks[partition] === 0));
}

function give(
  partitions: readonly number[],
  { task, holdings, topic }: { task: AssignmentTask; holdings: readonly Holding[]; topic: number },
): void {
  const { topicId, subscribers } = task.topics[topic]!;
  for (const partition of partitions) {
    let least = holdings[subscribers[0]!]!;
    for (const subscriber of subscribers) if (holdings[subscriber]!.size < least.size) least = holdings[subscriber]!;
    least.add(topicId, partition);
  }
}
