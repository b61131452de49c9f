import { array } from '../schema/array.ts';
import { bool, i16, i32, string, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';
import { resolvedTopicSetting, topicSetting } from './topic-setting.ts';
import type { ResolvedTopicSetting, TopicSetting } from './topic-setting.ts';

/** The body of a request CREATE_TOPIC. */
export interface CreateTopicRequest {
  readonly name: string;
  /** -1 = the default of the broker. */
  readonly partitions: number;
  /** -1 = the default of the broker. */
  readonly replicas: number;
  readonly configs: readonly TopicSetting[];
  /** Check everything, create nothing. */
  readonly validateOnly: boolean;
}

/** The body of the answer to CREATE_TOPIC. */
export interface CreateTopicResponse {
  readonly topicId: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly configs: readonly ResolvedTopicSetting[];
}

const createTopicRequest: Struct<CreateTopicRequest> = struct('CreateTopicRequest', {
  name: field(string, 'Topic name: 1 to 249 characters of A-Z a-z 0-9 . _ -'),
  partitions: field(i32, 'Partition count; -1 = the default of the broker.'),
  replicas: field(i16, 'Replica count; -1 = the default of the broker.'),
  configs: field(array(topicSetting), 'Settings that differ from the defaults.'),
  validateOnly: field(bool, 'Check everything, create nothing.'),
});

const createTopicResponse: Struct<CreateTopicResponse> = struct('CreateTopicResponse', {
  topicId: field(uuid, 'Id of the new topic; all zeros with validateOnly.'),
  partitions: field(i32, 'Partition count.'),
  replicas: field(i16, 'Replica count.'),
  configs: field(array(resolvedTopicSetting), 'Every setting in force.'),
});

/** Creates a topic. */
export const CreateTopic: Api<CreateTopicRequest, CreateTopicResponse> = {
  key: 5,
  name: 'CREATE_TOPIC',
  versions: { min: 0, max: 0 },
  request: createTopicRequest,
  response: createTopicResponse,
  doc: 'Creates a topic. When the answer comes, the topic is durable and ready for use.',
};
