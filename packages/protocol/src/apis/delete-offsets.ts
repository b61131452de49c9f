import { array, nullableArray } from '../schema/array.ts';
import { i16, i32, nullableString, string, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request DELETE_OFFSETS. */
export interface DeleteOffsetsRequest {
  readonly groupId: string;
  readonly topics: readonly DeleteOffsetsRequestTopic[];
}

/** One topic of a request. */
export interface DeleteOffsetsRequestTopic {
  readonly topicId: string;
  /** Null: all of them. */
  readonly partitions: readonly number[] | null;
}

/** The body of the answer to DELETE_OFFSETS. */
export interface DeleteOffsetsResponse {
  readonly topics: readonly DeleteOffsetsResponseTopic[];
}

/** One topic of an answer. */
export interface DeleteOffsetsResponseTopic {
  readonly topicId: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  /** Committed offsets that were deleted. */
  readonly offsets: number;
}

const requestTopic: Struct<DeleteOffsetsRequestTopic> = struct('DeleteOffsetsRequestTopic', {
  topicId: field(uuid, 'Topic id; it may be of a topic that is not known any more.'),
  partitions: field(nullableArray(i32), 'Partition numbers; null = all that have an offset.'),
});

const request: Struct<DeleteOffsetsRequest> = struct('DeleteOffsetsRequest', {
  groupId: field(string, 'Group id.'),
  topics: field(array(requestTopic), 'What to forget.'),
});

const responseTopic: Struct<DeleteOffsetsResponseTopic> = struct('DeleteOffsetsResponseTopic', {
  topicId: field(uuid, 'Topic id as in the request.'),
  errorCode: field(i16, '0, or why nothing was deleted: members of the group want the topic.'),
  errorMessage: field(nullableString, 'The error in words; null without one.'),
  offsets: field(i32, 'Committed offsets that were deleted.'),
});

const response: Struct<DeleteOffsetsResponse> = struct('DeleteOffsetsResponse', {
  topics: field(array(responseTopic), 'One entry per topic of the request, in its order.'),
});

/** Forgets committed offsets of topics that no member of the group wants. */
export const DeleteOffsets: Api<DeleteOffsetsRequest, DeleteOffsetsResponse> = {
  key: 22,
  name: 'DELETE_OFFSETS',
  versions: { min: 0, max: 0 },
  request,
  response,
  doc: 'Forgets committed offsets of a group, of topics that none of its members wants.',
};
