import type { Q } from '@q/client';
import { formatLog } from '@q/testkit';
import { groupName, groupTopic, textOf } from './simulated-group.ts';
import type { World } from './world.ts';

/** What the group has committed is no lower than it was told, and nothing below it was left undone. */
export async function checkCommitted(world: World, q: Q): Promise<void> {
  const { history, plan, handled } = world;
  const logs = Array.from({ length: plan.partitions }, (_, partition) => formatLog(groupTopic, partition));
  const asked = logs.map((log) => history.askCommitted(groupName, log));
  await using consumer = q.consumer(groupTopic, { group: groupName, autoCommit: false });
  const answers = await consumer.committed();
  for (const { partition, offset, metadata } of answers) {
    if (metadata !== null && metadata !== textOf(offset))
      world.problem(`partition ${partition} is committed to ${offset} with the text of another commit: ${metadata}`);
  }
  const committed = new Map(answers.map(({ partition, offset }) => [partition, offset]));
  for (const [partition, log] of logs.entries()) {
    const offset = committed.get(partition) ?? 0;
    history.fetchedCommitted(groupName, { log, offset }, asked[partition]!);
    const passed = Array.from({ length: offset }, (_, below) => below).find((below) => !handled.has(`${log} ${below}`));
    if (passed !== undefined)
      world.problem(`${log} is committed to ${offset}, and nobody of the group has acknowledged ${passed}`);
  }
}

/**
 * A fresh member gets all that is left: the group is not stuck in anything that it has been through. Ends, or the run
 * is stuck.
 */
export async function finishGroup(world: World, q: Q): Promise<void> {
  await using consumer = q.consumer(groupTopic, { group: groupName, autoCommit: false });
  const ends = await q.admin.listOffsets(groupTopic, 'end');
  const committed = new Map((await consumer.committed()).map(({ partition, offset }) => [partition, offset]));
  const left = new Set(
    Array.from({ length: world.plan.partitions }, (_, partition) => partition).filter(
      (partition) => (committed.get(partition) ?? 0) < (ends[partition] ?? 0),
    ),
  );
  if (left.size === 0) return;
  for await (const { partition, offset } of consumer) {
    if (offset + 1 >= (ends[partition] ?? 0)) left.delete(partition);
    if (left.size === 0) break;
  }
}
