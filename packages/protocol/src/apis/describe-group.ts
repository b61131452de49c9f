import { array } from '../schema/array.ts';
import { bool, i32, i64, nullableString, string, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';
import { assignedTopic } from './assigned-topic.ts';
import type { AssignedTopic } from './assigned-topic.ts';

/** The body of a request DESCRIBE_GROUP. */
export interface DescribeGroupRequest {
  readonly groupId: string;
}

/** The body of the answer to DESCRIBE_GROUP. */
export interface DescribeGroupResponse {
  readonly groupId: string;
  /** `empty`, `assigning`, `reconciling` or `stable`. */
  readonly state: string;
  readonly assignor: string;
  readonly groupEpoch: number;
  readonly targetEpoch: number;
  readonly members: readonly DescribedMember[];
  readonly partitions: readonly DescribedGroupPartition[];
}

/** A member of a group, with what it owns. */
export interface DescribedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly memberEpoch: number;
  /**
   * `stable`, `unrevoked` (has to give partitions up), `unreleased` (waits for others to do so) or `away` (static, left
   * for a while).
   */
  readonly state: string;
  readonly topics: readonly string[];
  readonly assigned: readonly AssignedTopic[];
  readonly target: readonly AssignedTopic[];
  readonly sinceHeartbeatMs: number;
  readonly sessionTimeoutMs: number;
  readonly stalledMs: number;
  /** It makes no progress although records wait, or its heartbeat is overdue. */
  readonly stalled: boolean;
}

/** A partition that a group reads or has an offset of. */
export interface DescribedGroupPartition {
  readonly topicId: string;
  readonly name: string;
  readonly partition: number;
  /** Null when nobody owns it. */
  readonly memberId: string | null;
  /** -1 = none was committed. */
  readonly committedOffset: number;
  readonly leaderEpoch: number;
  readonly metadata: string | null;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** Records behind the committed offset, or behind the start without one; -1 = the partition cannot be asked. */
  readonly lag: number;
  readonly lagExact: boolean;
  /** Since the committed offset last moved forward; -1 = it never did. */
  readonly sinceProgressMs: number;
}

const request: Struct<DescribeGroupRequest> = struct('DescribeGroupRequest', {
  groupId: field(string, 'Group id.'),
});

const describedMember: Struct<DescribedMember> = struct('DescribedMember', {
  memberId: field(string, 'Id of the member.'),
  instanceId: field(nullableString, 'Name of a static member; null = a dynamic member.'),
  clientId: field(string, 'As the client named itself in HELLO.'),
  host: field(string, 'Address that its last heartbeat came from; empty = none since the broker started.'),
  memberEpoch: field(i32, 'Epoch of the member.'),
  state: field(
    string,
    '"stable", "unrevoked" (has partitions to give up), "unreleased" (waits for others to give up) or "away" (static, left for a while).',
  ),
  topics: field(array(string), 'Topics it wants, by name.'),
  assigned: field(array(assignedTopic), 'What it may own now.'),
  target: field(array(assignedTopic), 'What it will own when the group is stable.'),
  sinceHeartbeatMs: field(i64, 'Ms since its last heartbeat.'),
  sessionTimeoutMs: field(i32, 'Ms without a heartbeat after which it is taken for dead.'),
  stalledMs: field(
    i32,
    'For how many ms its application has made no progress although records waited, as it said last; 0 = it makes progress.',
  ),
  stalled: field(bool, 'It makes no progress although records wait, or its heartbeat is overdue.'),
});

const describedPartition: Struct<DescribedGroupPartition> = struct('DescribedGroupPartition', {
  topicId: field(uuid, 'Topic id.'),
  name: field(string, 'Topic name; empty = the topic is not known any more.'),
  partition: field(i32, 'Partition number.'),
  memberId: field(nullableString, 'The member that owns it; null = nobody.'),
  committedOffset: field(i64, 'Offset of the next record to handle; -1 = none was committed.'),
  leaderEpoch: field(i32, 'Leader epoch as committed; -1 = unknown.'),
  metadata: field(nullableString, 'Text as committed; null = none.'),
  logStartOffset: field(i64, 'First offset that the partition still holds; -1 = unknown.'),
  highWatermark: field(i64, 'First offset that cannot be fetched yet; -1 = unknown.'),
  lag: field(
    i64,
    'Records that can be read from the committed offset (without one, the start) on; -1 = unknown; an upper bound unless it is exact.',
  ),
  lagExact: field(bool, 'So many can be read; false: there may be fewer.', { since: 1, value: false, ignorable: true }),
  sinceProgressMs: field(i64, 'Ms since the committed offset last moved forward; -1 = it never did.'),
});

const response: Struct<DescribeGroupResponse> = struct('DescribeGroupResponse', {
  groupId: field(string, 'Group id.'),
  state: field(string, '"empty", "assigning", "reconciling" or "stable".'),
  assignor: field(string, 'How partitions are given out: "uniform" or "range".'),
  groupEpoch: field(i32, 'Rises when members, subscriptions or topics change.'),
  targetEpoch: field(i32, 'Group epoch that the target assignment was made for.'),
  members: field(array(describedMember), 'The members, in the order of their ids.'),
  partitions: field(
    array(describedPartition),
    'Every partition of the topics that members own or want, or that have a committed offset, by topic name and number.',
  ),
});

/** Tells everything about one consumer group. */
export const DescribeGroup: Api<DescribeGroupRequest, DescribeGroupResponse> = {
  key: 19,
  name: 'DESCRIBE_GROUP',
  versions: { min: 0, max: 1 },
  request,
  response,
  doc: 'Tells everything about one consumer group: members, what they own, and each partition with its committed offset and lag.',
};
