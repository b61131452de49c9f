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

/** What a broker goes by now, as values, for whoever describes it. Its limits a door has from its tools. */
export interface BrokerFacts {
  /** What is in force for a topic that sets nothing itself. */
  readonly topicDefaults: readonly SettingInForce[];
  readonly autoCreateTopics: boolean;
  /** Where the records are; null when they are in memory. */
  readonly dataDir: string | null;
  readonly groups: GroupBounds;
  /** Whoever reaches it from other machines may do everything. */
  readonly isInsecure: boolean;
  /** At so many listeners other machines come in without saying who they are. */
  readonly listenersWithoutLogin: number;
}

/** What they are told from. The first two may change while the broker runs. */
export interface BrokerFactsOptions {
  readonly topicDefaults: SettingTexts;
  readonly autoCreateTopics: () => boolean;
  readonly dataDir: string | null;
  readonly isInsecure: boolean;
  readonly listenersWithoutLogin: number;
}

export function brokerFacts({ topicDefaults, autoCreateTopics, ...fixed }: BrokerFactsOptions): BrokerFacts {
  const { classicSessionTimeoutMsMin, sessionTimeoutMsMax, membersPerGroupMax, metadataCharactersMax } =
    coordinatorLimits;
  return {
    get topicDefaults() {
      return describeTopicSettings({ topic: new Map(), broker: topicDefaults });
    },
    get autoCreateTopics() {
      return autoCreateTopics();
    },
    ...fixed,
    groups: {
      sessionTimeoutMsMin: classicSessionTimeoutMsMin,
      sessionTimeoutMsMax,
      membersMax: membersPerGroupMax,
      metadataCharactersMax,
    },
  };
}
