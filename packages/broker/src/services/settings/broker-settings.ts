import { coordinatorLimits } from '@q/coordinator';
import { describeTopicSettings } from '../topics/topic-config.ts';
import type { SettingInForce, SettingTexts } from '../topics/topic-config.ts';

/** Bounds of classic groups that no limit of the broker moves. */
export interface GroupBounds {
  readonly sessionTimeoutMsMin: number;
  readonly sessionTimeoutMsMax: number;
  readonly membersMax: number;
  /** Of the text beside a committed offset. */
  readonly metadataCharactersMax: number;
}

/** What a broker was told at its start, for whoever describes it. Its limits a door has from its tools. */
export interface BrokerSettings {
  /** What is in force for a topic that sets nothing itself. */
  readonly topicDefaults: readonly SettingInForce[];
  readonly autoCreateTopics: boolean;
  /** Where the records are; null when they are in memory. */
  readonly dataDir: string | null;
  readonly groups: GroupBounds;
}

/** What the broker was told, as its options have it. */
export interface BrokerSettingsOptions {
  readonly topicDefaults: SettingTexts;
  readonly autoCreateTopics: boolean;
  readonly storage: 'file' | 'memory';
  readonly dataDir: string;
}

export function brokerSettings(options: BrokerSettingsOptions): BrokerSettings {
  const { topicDefaults, autoCreateTopics, storage, dataDir } = options;
  const { classicSessionTimeoutMsMin, sessionTimeoutMsMax, membersPerGroupMax, metadataCharactersMax } =
    coordinatorLimits;
  return {
    topicDefaults: describeTopicSettings({ topic: new Map(), broker: topicDefaults }),
    autoCreateTopics,
    dataDir: storage === 'memory' ? null : dataDir,
    groups: {
      sessionTimeoutMsMin: classicSessionTimeoutMsMin,
      sessionTimeoutMsMax,
      membersMax: membersPerGroupMax,
      metadataCharactersMax,
    },
  };
}
