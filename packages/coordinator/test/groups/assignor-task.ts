import type { AssignmentTask } from '../../src/groups/assignor.ts';
import type { Member } from '../../src/groups/member.ts';
import { noPartitions } from '../../src/partitions.ts';
import type { PartitionsByTopic } from '../../src/partitions.ts';

export interface Wish {
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly target?: PartitionsByTopic;
}

/** Topics go by their names as ids. */
export function taskOf(topics: Readonly<Record<string, number>>, wishes: readonly Wish[]): AssignmentTask {
  const wanted = Object.entries(topics).map(([topicId, partitions]) => {
    const subscribers = [...wishes.keys()].filter((index) => wishes[index]!.topics.includes(topicId));
    return { topicId, partitions, subscribers };
  });
  return { members: wishes.map(memberOf), topics: wanted.filter(({ subscribers }) => subscribers.length > 0) };
}

export function memberOf({ memberId, topics, target = noPartitions }: Wish, place = 0): Member {
  return {
    memberId,
    topics,
    target,
    place,
    instanceId: null,
    clientId: 'test',
    host: '127.0.0.1',
    sessionTimeoutMs: 45_000,
    rebalanceTimeoutMs: 60_000,
    assignor: 'uniform',
    memberEpoch: 1,
    previousEpoch: 1,
    assigned: noPartitions,
    revoking: noPartitions,
    isAway: false,
    lastHeartbeatMs: 0,
    revokeByMs: null,
    stalledMs: 0,
  };
}
