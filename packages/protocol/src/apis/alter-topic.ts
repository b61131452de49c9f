import { array } from '../schema/array.ts';
import { bool, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';
import { resolvedTopicSetting, topicSetting } from './topic-setting.ts';
import type { ResolvedTopicSetting, TopicSetting } from './topic-setting.ts';

/** The body of a request ALTER_TOPIC. */
export interface AlterTopicRequest {
  readonly name: string;
  readonly set: readonly TopicSetting[];
  /** Settings that go back to the default of the broker. */
  readonly unset: readonly string[];
  /** Check everything, change nothing. */
  readonly validateOnly: boolean;
}

/** The body of the answer to ALTER_TOPIC. */
export interface AlterTopicResponse {
  readonly configs: readonly ResolvedTopicSetting[];
}

const alterTopicRequest: Struct<AlterTopicRequest> = struct('AlterTopicRequest', {
  name: field(string, 'Topic name.'),
  set: field(array(topicSetting), 'Settings to change; all or none of them are.'),
  unset: field(array(string), 'Names of settings that go back to the default of the broker.'),
  validateOnly: field(bool, 'Check everything, change nothing.'),
});

const alterTopicResponse: Struct<AlterTopicResponse> = struct('AlterTopicResponse', {
  configs: field(array(resolvedTopicSetting), 'Every setting in force afterwards.'),
});

/** Changes settings of a topic. */
export const AlterTopic: Api<AlterTopicRequest, AlterTopicResponse> = {
  key: 9,
  name: 'ALTER_TOPIC',
  versions: { min: 0, max: 0 },
  request: alterTopicRequest,
  response: alterTopicResponse,
  doc: 'Changes settings of a topic; the others stay as they are.',
};
