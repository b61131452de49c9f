import { CommitOffset, DescribeGroup, FetchOffset, GroupHeartbeat } from '@q/protocol';
import type {
  AssignedTopic,
  CommitOffsetResponsePartition,
  DescribeGroupResponse,
  FetchOffsetResponsePartition,
  GroupHeartbeatRequest,
  GroupHeartbeatResponse,
} from '@q/protocol';
import type { RawClient } from './raw-client.ts';

/**
 * A member of a group that does nothing by itself: it remembers its epoch and what it may own, and lets go when told
 * to.
 */
export class GroupMember {
  readonly client: RawClient;
  readonly groupId: string;
  readonly memberId: string;
  epoch = 0;
  owned: readonly AssignedTopic[] = [];
  /** Answers, in order. */
  readonly heard: GroupHeartbeatResponse[] = [];

  constructor(client: RawClient, options: { groupId?: string; memberId: string }) {
    this.client = client;
    this.groupId = options.groupId ?? 'g';
    this.memberId = options.memberId;
  }

  /** Partition numbers that it owns, of all topics. */
  get partitions(): number[] {
    return this.owned.flatMap(({ partitions }) => [...partitions]);
  }

  join(topics: readonly string[], change: Partial<GroupHeartbeatRequest> = {}): Promise<GroupHeartbeatResponse> {
    this.epoch = 0;
    this.owned = [];
    return this.beat({ topics, owned: [], ...change });
  }

  /** Says that it owns what it was last told to, and nothing else. */
  release(change: Partial<GroupHeartbeatRequest> = {}): Promise<GroupHeartbeatResponse> {
    return this.beat({ owned: this.owned, ...change });
  }

  leave(): Promise<GroupHeartbeatResponse> {
    return this.beat({ memberEpoch: -1 });
  }

  async beat(change: Partial<GroupHeartbeatRequest> = {}): Promise<GroupHeartbeatResponse> {
    const answer = await this.client.request(GroupHeartbeat, {
      groupId: this.groupId,
      memberId: this.memberId,
      memberEpoch: this.epoch,
      instanceId: null,
      sessionTimeoutMs: -1,
      rebalanceTimeoutMs: -1,
      assignor: null,
      topics: null,
      owned: null,
      stalledMs: 0,
      maxWaitMs: 0,
      ...change,
    });
    this.epoch = answer.memberEpoch;
    if (answer.assignment !== null) this.owned = answer.assignment;
    this.heard.push(answer);
    return answer;
  }

  commit(
    topicId: string,
    offsets: Readonly<Record<number, number>>,
    options: { memberEpoch?: number; metadata?: string } = {},
  ): Promise<readonly CommitOffsetResponsePartition[]> {
    const { memberEpoch = this.epoch, metadata = null } = options;
    return commit(this.client, {
      groupId: this.groupId,
      memberId: this.memberId,
      memberEpoch,
      topicId,
      offsets,
      metadata,
    });
  }
}

/** What these members own, ascending; a partition that two own is there twice. */
export function ownedBy(...members: readonly GroupMember[]): number[] {
  return members.flatMap(({ partitions }) => partitions).sort((left, right) => left - right);
}

/** Commits without being a member unless told otherwise. */
export async function commit(
  client: RawClient,
  wanted: {
    groupId?: string;
    memberId?: string;
    memberEpoch?: number;
    topicId: string;
    offsets: Readonly<Record<number, number>>;
    metadata?: string | null;
  },
): Promise<readonly CommitOffsetResponsePartition[]> {
  const { groupId = 'g', memberId = '', memberEpoch = -1, topicId, metadata = null } = wanted;
  const partitions = Object.entries(wanted.offsets).map(([partition, offset]) => ({
    partition: Number(partition),
    offset,
    leaderEpoch: 0,
    metadata,
  }));
  const { topics } = await client.request(CommitOffset, {
    groupId,
    memberId,
    memberEpoch,
    topics: [{ topicId, partitions }],
  });
  return topics[0]!.partitions;
}

/** Everything that the group has committed for its only topic. */
export async function committed(client: RawClient, groupId = 'g'): Promise<readonly FetchOffsetResponsePartition[]> {
  const { topics } = await client.request(FetchOffset, {
    groupId,
    memberId: '',
    memberEpoch: -1,
    topics: null,
    requireStable: false,
  });
  return topics[0]?.partitions ?? [];
}

/** The same as a list of partition and offset. */
export async function committedOffsets(client: RawClient, groupId = 'g'): Promise<[number, number][]> {
  return (await committed(client, groupId)).map(({ partition, offset }) => [partition, offset]);
}

export function describeGroup(client: RawClient, groupId = 'g'): Promise<DescribeGroupResponse> {
  return client.request(DescribeGroup, { groupId });
}
