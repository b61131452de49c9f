import type { SettingInForce } from '../topics/topic-config.ts';

/** What a broker was told at its start, for whoever describes it. Its limits a door has from its tools. */
export interface BrokerSettings {
  /** What is in force for a topic that sets nothing itself. */
  readonly topicDefaults: readonly SettingInForce[];
  readonly autoCreateTopics: boolean;
}
