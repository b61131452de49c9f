import { array, nullableArray } from '../schema/array.ts';
import { bool, i16, i32, i64, nullableString, string, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request FETCH_OFFSET. */
export interface FetchOffsetRequest {
  readonly groupId: string;
  /** Empty: not a member, nothing is checked. */
  readonly memberId: string;
  readonly memberEpoch: number;
  /** Null: every partition that has a committed offset. */
  readonly topics: readonly FetchOffsetRequestTopic[] | null;
  /** An offset that an open transaction may replace is refused with UNSTABLE_OFFSETS instead. */
  readonly requireStable: boolean;
}

/** One topic of a request. */
export interface FetchOffsetRequestTopic {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

/** The body of the answer to FETCH_OFFSET. */
export interface FetchOffsetResponse {
  readonly topics: readonly FetchOffsetResponseTopic[];
}

/** One topic of an answer. */
export interface FetchOffsetResponseTopic {
  readonly topicId: string;
  /** Empty when the topic is not known any more. */
  readonly name: string;
  readonly partitions: readonly FetchOffsetResponsePartition[];
}

/** One partition of an answer. Error code 0: it went well. */
export interface FetchOffsetResponsePartition {
  readonly partition: number;
  readonly errorCode: number;
  /** -1 = none was committed. */
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string | null;
  /** Ms since 1970; -1 without an offset. */
  readonly committedAtMs: number;
}

const requestTopic: Struct<FetchOffsetRequestTopic> = struct('FetchOffsetRequestTopic', {
  topicId: field(uuid, 'Topic id from METADATA or from the assignment.'),
  partitions: field(array(i32), 'Partition numbers.'),
});

const request: Struct<FetchOffsetRequest> = struct('FetchOffsetRequest', {
  groupId: field(string, 'Group id. A group that does not exist has no offsets.'),
  memberId: field(string, 'Id of the member; empty = not a member.'),
  memberEpoch: field(i32, 'Epoch of the member, checked when there is a member id; -1 = not a member.'),
  topics: field(nullableArray(requestTopic), 'What to look up; null = everything that was committed.'),
  requireStable: field(
    bool,
    'True: a partition of which a transaction that has not ended has an offset is answered with UNSTABLE_OFFSETS, to be asked for again. Whoever takes a partition over asks so.',
    { since: 1, value: false, ignorable: true },
  ),
});

const responsePartition: Struct<FetchOffsetResponsePartition> = struct('FetchOffsetResponsePartition', {
  partition: field(i32, 'Partition number.'),
  errorCode: field(i16, '0, or why there is no answer.'),
  offset: field(i64, 'Offset of the next record to handle; -1 = none was committed.'),
  leaderEpoch: field(i32, 'Leader epoch as committed; -1 = unknown.'),
  metadata: field(nullableString, 'Text as committed; null = none.'),
  committedAtMs: field(i64, 'When it was committed, ms since 1970; -1 without an offset.'),
});

const responseTopic: Struct<FetchOffsetResponseTopic> = struct('FetchOffsetResponseTopic', {
  topicId: field(uuid, 'Topic id.'),
  name: field(string, 'Topic name; empty = the topic is not known any more.'),
  partitions: field(array(responsePartition), 'One entry per partition asked about, in that order.'),
});

const response: Struct<FetchOffsetResponse> = struct('FetchOffsetResponse', {
  topics: field(
    array(responseTopic),
    'One entry per topic of the request, in its order; or every topic with a committed offset.',
  ),
});

/** Tells committed offsets of a group. */
export const FetchOffset: Api<FetchOffsetRequest, FetchOffsetResponse> = {
  key: 17,
  name: 'FETCH_OFFSET',
  versions: { min: 0, max: 1 },
  request,
  response,
  doc: 'Tells committed offsets of a group with their metadata. Commits that came before are waited for.',
};
