import { array } from '../schema/array.ts';
import { bool, i16, i32, i64, string, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request LIST_TOPICS. */
export interface ListTopicsRequest {
  readonly includeInternal: boolean;
}

/** The body of the answer to LIST_TOPICS. */
export interface ListTopicsResponse {
  readonly topics: readonly ListedTopic[];
}

/** A topic in one line of a list. Sizes are in bytes. */
export interface ListedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly internal: boolean;
  readonly partitions: number;
  readonly replicas: number;
  readonly messages: number;
  readonly messagesExact: boolean;
  readonly bytes: number;
}

const listTopicsRequest: Struct<ListTopicsRequest> = struct('ListTopicsRequest', {
  includeInternal: field(bool, "Also list the broker's own topics."),
});

const listedTopic: Struct<ListedTopic> = struct('ListedTopic', {
  name: field(string, 'Topic name.'),
  topicId: field(uuid, 'Topic id.'),
  internal: field(bool, 'The topic belongs to the broker itself.'),
  partitions: field(i32, 'Partition count.'),
  replicas: field(i16, 'Replica count.'),
  messages: field(i64, 'Records that can be read, all partitions together; an upper bound unless it is exact.'),
  messagesExact: field(bool, 'That many can be read; false: there may be fewer.', {
    since: 1,
    value: false,
    ignorable: true,
  }),
  bytes: field(i64, 'Bytes that deleting it gives back to the disk, its indexes aside; all partitions together.'),
});

const listTopicsResponse: Struct<ListTopicsResponse> = struct('ListTopicsResponse', {
  topics: field(array(listedTopic), 'Topics in the order of their names.'),
});

/** Lists topics with their sizes. */
export const ListTopics: Api<ListTopicsRequest, ListTopicsResponse> = {
  key: 7,
  name: 'LIST_TOPICS',
  versions: { min: 0, max: 1 },
  request: listTopicsRequest,
  response: listTopicsResponse,
  doc: 'Lists topics with partition counts, messages and sizes.',
};
