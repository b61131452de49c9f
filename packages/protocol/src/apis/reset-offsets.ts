import { array } from '../schema/array.ts';
import { bool, i16, i32, i64, nullableString, string, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request RESET_OFFSETS. */
export interface ResetOffsetsRequest {
  readonly groupId: string;
  /** Check everything and tell what would change, change nothing. */
  readonly validateOnly: boolean;
  readonly topics: readonly ResetOffsetsRequestTopic[];
}

/** One topic of a request. */
export interface ResetOffsetsRequestTopic {
  readonly topicId: string;
  readonly partitions: readonly ResetOffsetsRequestPartition[];
}

/** One partition of a request. */
export interface ResetOffsetsRequestPartition {
  readonly partition: number;
  /** The new committed offset. */
  readonly offset: number;
}

/** The body of the answer to RESET_OFFSETS. */
export interface ResetOffsetsResponse {
  readonly topics: readonly ResetOffsetsResponseTopic[];
}

/** One topic of an answer. */
export interface ResetOffsetsResponseTopic {
  readonly topicId: string;
  readonly partitions: readonly ResetOffsetsResponsePartition[];
}

/** One partition of an answer. Error code 0: it went well. */
export interface ResetOffsetsResponsePartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  /** Committed before; -1 = none. */
  readonly previousOffset: number;
  readonly offset: number;
}

const requestPartition: Struct<ResetOffsetsRequestPartition> = struct('ResetOffsetsRequestPartition', {
  partition: field(i32, 'Partition number.'),
  offset: field(i64, 'The new committed offset, between the start of the partition and its high watermark.'),
});

const requestTopic: Struct<ResetOffsetsRequestTopic> = struct('ResetOffsetsRequestTopic', {
  topicId: field(uuid, 'Topic id from METADATA.'),
  partitions: field(array(requestPartition), 'One entry per partition.'),
});

const request: Struct<ResetOffsetsRequest> = struct('ResetOffsetsRequest', {
  groupId: field(string, 'Group id. A group that does not exist is made.'),
  validateOnly: field(bool, 'Check everything and tell what would change, change nothing.'),
  topics: field(array(requestTopic), 'Offsets to set.'),
});

const responsePartition: Struct<ResetOffsetsResponsePartition> = struct('ResetOffsetsResponsePartition', {
  partition: field(i32, 'Partition number.'),
  errorCode: field(i16, '0, or why the offset was not set.'),
  errorMessage: field(nullableString, 'The error in words; null without one.'),
  previousOffset: field(i64, 'Committed before; -1 = none.'),
  offset: field(i64, 'Committed now, or what would be.'),
});

const responseTopic: Struct<ResetOffsetsResponseTopic> = struct('ResetOffsetsResponseTopic', {
  topicId: field(uuid, 'Topic id as in the request.'),
  partitions: field(array(responsePartition), 'One entry per entry of the request, in its order.'),
});

const response: Struct<ResetOffsetsResponse> = struct('ResetOffsetsResponse', {
  topics: field(array(responseTopic), 'One entry per topic of the request, in its order.'),
});

/** Sets offsets of a group that has no members. */
export const ResetOffsets: Api<ResetOffsetsRequest, ResetOffsetsResponse> = {
  key: 21,
  name: 'RESET_OFFSETS',
  versions: { min: 0, max: 0 },
  request,
  response,
  doc: 'Sets committed offsets of a group that has no members, all of them or none.',
};
