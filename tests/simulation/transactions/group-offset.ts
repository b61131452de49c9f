import type { Services } from '@q/broker';
import { simulatedCaller } from './transaction-broker.ts';

/** What the group has committed for partition 0 of the topic; -1: nothing. @throws QError */
export async function groupOffset(services: Services, groupId: string, topicId: string): Promise<number> {
  const topics = [{ topicId, partitions: [0] }];
  const [found] = await services.groups.offsets.fetchClassic(
    [{ groupId, memberId: '', memberEpoch: -1, topics }],
    simulatedCaller,
  );
  if (found!.error !== null) throw found!.error;
  return found!.topics[0]!.partitions[0]!.offset;
}
