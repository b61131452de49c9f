import { i8, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';

/** Where the value of a setting comes from. Frozen. */
export const settingSource = { default: 0, broker: 1, topic: 2 } as const;

/** A setting of a topic as a caller gives it, e.g. `retention.ms` = `3600000`. */
export interface TopicSetting {
  readonly key: string;
  readonly value: string;
}

/** A setting of a topic as it is in force. */
export interface ResolvedTopicSetting {
  readonly key: string;
  readonly value: string;
  /** One of {@link settingSource}. */
  readonly source: number;
}

export const topicSetting: Struct<TopicSetting> = struct('TopicSetting', {
  key: field(string, 'Name, such as retention.ms.'),
  value: field(string, 'Value as text.'),
});

export const resolvedTopicSetting: Struct<ResolvedTopicSetting> = struct('ResolvedTopicSetting', {
  key: field(string, 'Name, such as retention.ms.'),
  value: field(string, 'Value as text.'),
  source: field(i8, 'Where it comes from: 0 built-in default, 1 broker, 2 topic.'),
});
