import { array } from '../schema/array.ts';
import { i16, i32, i64, nullableString, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** Values of `timestampMs` that do not mean a time. Frozen. */
export const offsetQuery = { end: -1, start: -2 } as const;

/** The body of a request LIST_OFFSETS. */
export interface ListOffsetsRequest {
  readonly topics: readonly ListOffsetsRequestTopic[];
}

/** One topic of a request. */
export interface ListOffsetsRequestTopic {
  readonly topicId: string;
  readonly partitions: readonly ListOffsetsRequestPartition[];
}

/** One partition of a request. */
export interface ListOffsetsRequestPartition {
  readonly partition: number;
  /** The leader epoch that the client believes in; -1 = do not check. */
  readonly leaderEpoch: number;
  /** Ms since 1970: the first record at or after; or one of {@link offsetQuery}. */
  readonly timestampMs: number;
}

/** The body of the answer to LIST_OFFSETS. */
export interface ListOffsetsResponse {
  readonly topics: readonly ListOffsetsResponseTopic[];
}

/** One topic of an answer. */
export interface ListOffsetsResponseTopic {
  readonly topicId: string;
  readonly partitions: readonly ListOffsetsResponsePartition[];
}

/** One partition of an answer. Error code 0: it went well. */
export interface ListOffsetsResponsePartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  /** -1 = there is no such record. */
  readonly offset: number;
  /** Time of the record found; -1 without one. */
  readonly timestampMs: number;
  readonly leaderEpoch: number;
}

const requestPartition: Struct<ListOffsetsRequestPartition> = struct('ListOffsetsRequestPartition', {
  partition: field(i32, 'Partition number.'),
  leaderEpoch: field(i32, 'Leader epoch that the client believes in; -1 = do not check.'),
  timestampMs: field(
    i64,
    'Ms since 1970: asks for the first record at or after. -1 = the end (high watermark), -2 = the start.',
  ),
});

const requestTopic: Struct<ListOffsetsRequestTopic> = struct('ListOffsetsRequestTopic', {
  topicId: field(uuid, 'Topic id from METADATA.'),
  partitions: field(array(requestPartition), 'One entry per question; a partition may be asked about more than once.'),
});

const listOffsetsRequest: Struct<ListOffsetsRequest> = struct('ListOffsetsRequest', {
  topics: field(array(requestTopic), 'Topics to ask about.'),
});

const responsePartition: Struct<ListOffsetsResponsePartition> = struct('ListOffsetsResponsePartition', {
  partition: field(i32, 'Partition number.'),
  errorCode: field(i16, '0, or why there is no answer.'),
  errorMessage: field(nullableString, 'The error in words; null without one.'),
  offset: field(i64, 'The offset; -1 = there is no such record.'),
  timestampMs: field(i64, 'Time of the record found, ms since 1970; -1 without one.'),
  leaderEpoch: field(i32, 'Leader epoch of the record, or the current one; -1 = unknown.'),
});

const responseTopic: Struct<ListOffsetsResponseTopic> = struct('ListOffsetsResponseTopic', {
  topicId: field(uuid, 'Topic id as in the request.'),
  partitions: field(array(responsePartition), 'One entry per entry of the request, in its order.'),
});

const listOffsetsResponse: Struct<ListOffsetsResponse> = struct('ListOffsetsResponse', {
  topics: field(array(responseTopic), 'One entry per topic of the request, in its order.'),
});

/** Finds offsets: the start, the end, or by time. */
export const ListOffsets: Api<ListOffsetsRequest, ListOffsetsResponse> = {
  key: 4,
  name: 'LIST_OFFSETS',
  versions: { min: 0, max: 0 },
  request: listOffsetsRequest,
  response: listOffsetsResponse,
  doc: 'Finds offsets: the start of a partition, its end, or the first record at or after a time.',
};
