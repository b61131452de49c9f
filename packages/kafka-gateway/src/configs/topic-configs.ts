import type { BrokerLimits, GivenSetting, SettingInForce } from '@q/broker';
import { KafkaError } from '../errors/kafka-errors.ts';
import { configSource } from './config-codes.ts';
import type { TopicConfig } from './topic-config-table.ts';
import { topicConfigTable } from './topic-config-table.ts';

/** A setting of a topic as it is in force. */
export interface TopicConfigInForce {
  readonly config: TopicConfig;
  readonly value: string;
  readonly source: number;
}

const sources = {
  topic: configSource.topic,
  broker: configSource.brokerStatic,
  default: configSource.builtIn,
} as const;

/** Kafka's word for a batch that is not compressed. */
const uncompressed = 'uncompressed';

/** Settings of topics between the words of Kafka and those of the broker. */
export class TopicConfigs {
  readonly #table: readonly TopicConfig[];
  readonly #byName: ReadonlyMap<string, TopicConfig>;

  constructor(limits: BrokerLimits) {
    this.#table = topicConfigTable(limits);
    this.#byName = new Map(this.#table.map((config) => [config.name, config]));
  }

  /**
   * What a client sets, as the broker knows it. What is fixed and set to its value is no change, and left out.
   * @throws KafkaError INVALID_CONFIG
   */
  read(given: readonly { readonly name: string; readonly value: string | null }[]): GivenSetting[] {
    const settings: GivenSetting[] = [];
    for (const { name, value } of given) {
      if (value === null) throw new KafkaError('INVALID_CONFIG', `the setting ${name} has no value`);
      const config = this.#byName.get(name);
      if (config === undefined || config.setting !== null) settings.push({ key: name, value: ownWord(name, value) });
      else checkFixed(config, value);
    }
    return settings;
  }

  /** Every setting that Kafka's tools look for, with what is in force: in the order of the names. */
  describe(inForce: readonly SettingInForce[]): TopicConfigInForce[] {
    const known = new Map(inForce.map((setting) => [setting.key, setting]));
    return this.#table.map((config) => {
      const setting = known.get(config.name);
      if (setting === undefined) return { config, value: config.fixed, source: configSource.builtIn };
      return { config, value: kafkaWord(config.name, setting.value), source: sources[setting.source] };
    });
  }
}

function checkFixed({ name, type, fixed }: TopicConfig, value: string): void {
  const given = type === 'boolean' ? value.trim().toLowerCase() : value.trim();
  if (given === fixed) return;
  const only = fixed === '' ? 'empty' : fixed;
  throw new KafkaError('INVALID_CONFIG', `${name} cannot be changed on this broker: it is ${only}, not ${value}`);
}

function ownWord(name: string, value: string): string {
  if (name === 'cleanup.policy') return value.replaceAll(/\s/g, '');
  return name === 'compression.type' && value.trim() === uncompressed ? 'none' : value.trim();
}

function kafkaWord(name: string, value: string): string {
  return name === 'compression.type' && value === 'none' ? uncompressed : value;
}
