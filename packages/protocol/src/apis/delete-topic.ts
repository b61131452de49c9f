import { string, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request DELETE_TOPIC. */
export interface DeleteTopicRequest {
  readonly name: string;
}

/** The body of the answer to DELETE_TOPIC. */
export interface DeleteTopicResponse {
  readonly topicId: string;
}

const deleteTopicRequest: Struct<DeleteTopicRequest> = struct('DeleteTopicRequest', {
  name: field(string, 'Topic name.'),
});

const deleteTopicResponse: Struct<DeleteTopicResponse> = struct('DeleteTopicResponse', {
  topicId: field(uuid, 'Id of the topic that was deleted.'),
});

/** Deletes a topic with its data. */
export const DeleteTopic: Api<DeleteTopicRequest, DeleteTopicResponse> = {
  key: 6,
  name: 'DELETE_TOPIC',
  versions: { min: 0, max: 0 },
  request: deleteTopicRequest,
  response: deleteTopicResponse,
  doc: 'Deletes a topic with its data.',
};
