import { array } from '../schema/array.ts';
import { i16, i32, i64, nullableString, string, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request COMMIT_OFFSET. */
export interface CommitOffsetRequest {
  readonly groupId: string;
  /** Empty: not a member. That is taken only while the group has no members. */
  readonly memberId: string;
  /** -1 when not a member. */
  readonly memberEpoch: number;
  readonly topics: readonly CommitOffsetRequestTopic[];
}

/** One topic of a request. */
export interface CommitOffsetRequestTopic {
  readonly topicId: string;
  readonly partitions: readonly CommitOffsetRequestPartition[];
}

/** One partition of a request. */
export interface CommitOffsetRequestPartition {
  readonly partition: number;
  /** Offset of the next record to handle. */
  readonly offset: number;
  /** Leader epoch of the last record handled; -1 = unknown. */
  readonly leaderEpoch: number;
  readonly metadata: string | null;
}

/** The body of the answer to COMMIT_OFFSET. */
export interface CommitOffsetResponse {
  readonly topics: readonly CommitOffsetResponseTopic[];
}

/** One topic of an answer. */
export interface CommitOffsetResponseTopic {
  readonly topicId: string;
  readonly partitions: readonly CommitOffsetResponsePartition[];
}

/** One partition of an answer. Error code 0: it went well. */
export interface CommitOffsetResponsePartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

const requestPartition: Struct<CommitOffsetRequestPartition> = struct('CommitOffsetRequestPartition', {
  partition: field(i32, 'Partition number.'),
  offset: field(i64, 'Offset of the next record to handle: one past the last that was handled.'),
  leaderEpoch: field(i32, 'Leader epoch of the last record handled; -1 = unknown.'),
  metadata: field(nullableString, 'Any text of at most 4096 characters, given back by FETCH_OFFSET; null = none.'),
});

/** Also of STAGE_OFFSETS. */
export const commitOffsetRequestTopic: Struct<CommitOffsetRequestTopic> = struct('CommitOffsetRequestTopic', {
  topicId: field(uuid, 'Topic id from METADATA or from the assignment.'),
  partitions: field(array(requestPartition), 'One entry per partition.'),
});

const request: Struct<CommitOffsetRequest> = struct('CommitOffsetRequest', {
  groupId: field(string, 'Group id.'),
  memberId: field(string, 'Id of the member; empty = not a member, which is taken only while the group has none.'),
  memberEpoch: field(i32, 'Epoch of the member; -1 = not a member.'),
  topics: field(array(commitOffsetRequestTopic), 'Offsets to commit.'),
});

const responsePartition: Struct<CommitOffsetResponsePartition> = struct('CommitOffsetResponsePartition', {
  partition: field(i32, 'Partition number.'),
  errorCode: field(i16, '0, or why the offset was not committed.'),
  errorMessage: field(nullableString, 'The error in words; null without one.'),
});

/** Also of STAGE_OFFSETS. */
export const commitOffsetResponseTopic: Struct<CommitOffsetResponseTopic> = struct('CommitOffsetResponseTopic', {
  topicId: field(uuid, 'Topic id as in the request.'),
  partitions: field(array(responsePartition), 'One entry per entry of the request, in its order.'),
});

const response: Struct<CommitOffsetResponse> = struct('CommitOffsetResponse', {
  topics: field(array(commitOffsetResponseTopic), 'One entry per topic of the request, in its order.'),
});

/** Commits offsets of a group. */
export const CommitOffset: Api<CommitOffsetRequest, CommitOffsetResponse> = {
  key: 16,
  name: 'COMMIT_OFFSET',
  versions: { min: 0, max: 0 },
  request,
  response,
  doc: 'Commits offsets of a group, of partitions that the member owns. When the answer comes, they are durable.',
};
