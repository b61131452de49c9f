import type { BrokerLimits, GivenSetting, ListChange, SettingChanges, SettingInForce } from '@q/broker';
import { KafkaError } from '../errors/kafka-errors.ts';
import { configOperation, configSource } from './config-codes.ts';
import type { ConfigInForce, ConfigValue } from './config-in-force.ts';
import { checkFixed, kafkaWord, listWords, ownWord } from './config-value.ts';
import { valuesOf } from './setting-values.ts';
import type { DescribedSettings } from './setting-values.ts';
import { topicConfigTable } from './topic-config-table.ts';
import type { TopicConfig } from './topic-config-table.ts';

/** A setting as a client gives it. */
export interface GivenConfig {
  readonly name: string;
  readonly value: string | null;
}

/** What a client does to a setting. */
export interface ConfigStep extends GivenConfig {
  readonly configOperation: number;
}

/** The settings of topics as Kafka's tools know them. */
export class TopicConfigs {
  readonly #limits: BrokerLimits;
  readonly #settings: DescribedSettings;
  #table: readonly TopicConfig[] = [];
  #byName: ReadonlyMap<string, TopicConfig> = new Map();
  /** What a topic has that sets nothing itself: made once, as most topics set next to nothing. */
  #inherited: ReadonlyMap<string, ConfigInForce> = new Map();
  /** Of the broker's settings that they were made from. */
  #revision = -1;

  constructor(limits: BrokerLimits, settings: DescribedSettings) {
    this.#limits = limits;
    this.#settings = settings;
    this.#followBroker();
  }

  /** What the broker goes by may have changed. */
  #followBroker(): void {
    const { revision } = this.#settings;
    if (revision === this.#revision) return;
    this.#revision = revision;
    this.#table = topicConfigTable(this.#limits);
    this.#byName = new Map(this.#table.map((config) => [config.name, config]));
    this.#inherited = new Map(this.#table.map((config) => [config.name, this.#describeOne(config, [])]));
  }

  /**
   * What a client sets, as the broker knows it. What is fixed and set to its value is no change, and left out.
   * @throws KafkaError INVALID_CONFIG
   */
  read(given: readonly GivenConfig[]): GivenSetting[] {
    return given.flatMap(({ name, value }) => {
      if (value === null) throw new KafkaError('INVALID_CONFIG', `the setting ${name} has no value`);
      return this.#isFixed(name, value) ? [] : { key: name, value: ownWord(name, value) };
    });
  }

  /**
   * What a client does to some settings.
   * @throws KafkaError INVALID_CONFIG, INVALID_REQUEST
   */
  readSteps(steps: readonly ConfigStep[]): SettingChanges {
    const set: GivenSetting[] = [];
    const unset: string[] = [];
    const lists: ListChange[] = [];
    for (const step of steps) {
      const { name } = step;
      switch (step.configOperation) {
        case configOperation.set:
          set.push(...this.read([{ name, value: requireValue(step) }]));
          break;
        case configOperation.delete:
          // As Kafka does it: what is not there, or cannot be changed, is at its default.
          if ((this.#byName.get(name)?.setting ?? null) !== null) unset.push(name);
          break;
        case configOperation.append:
        case configOperation.subtract:
          lists.push(...this.#listChange(step));
          break;
        default:
          throw new KafkaError('INVALID_REQUEST', `there is no operation ${step.configOperation} on a setting`);
      }
    }
    return { set, unset, lists };
  }

  /** Every setting that Kafka's tools look for, with what is in force: in the order of the names. */
  describe(inForce: readonly SettingInForce[]): ConfigInForce[] {
    this.#followBroker();
    const own = new Map<string, ConfigValue>();
    for (const { key: name, value, source } of inForce) {
      if (source === 'topic') own.set(name, { name, value: kafkaWord(name, value), source: configSource.topic });
    }
    return this.#table.map((config) => {
      const value = own.get(config.name);
      return value === undefined ? this.#inherited.get(config.name)! : this.#describeOne(config, [value]);
    });
  }

  /** What is in force where a topic sets nothing, by the names that Kafka gives to such settings of a broker. */
  describeDefaults(): ConfigInForce[] {
    this.#followBroker();
    return this.#table.flatMap((config) => {
      const synonyms = this.#defaultValues(config);
      return config.brokerName === null ? [] : { ...this.#common(config), ...synonyms[0]!, synonyms };
    });
  }

  /** The name of the setting of topics that a broker's setting is the default of; null: it is none, or is fixed. */
  settingBehind(brokerName: string): string | null {
    const config = this.#table.find((row) => row.brokerName === brokerName && row.setting !== null);
    return config?.name ?? null;
  }

  #describeOne(config: TopicConfig, own: readonly ConfigValue[]): ConfigInForce {
    const { name, brokerName } = config;
    const values = [...own, ...this.#defaultValues(config)];
    const { value, source } = values[0]!;
    // What has no name at the broker has no synonym there either.
    return { ...this.#common(config), name, value, source, synonyms: brokerName === null ? own : values };
  }

  #common({ type, documentation, setting }: TopicConfig): Pick<ConfigInForce, 'type' | 'documentation' | 'readOnly'> {
    return { type, documentation, readOnly: setting === null };
  }

  /** What is in force without the topic: what the broker was told, and the built-in value. Never empty. */
  #defaultValues({ name: topicName, brokerName, setting, fixed }: TopicConfig): ConfigValue[] {
    const name = brokerName ?? topicName;
    if (setting === null) return [{ name, value: fixed, source: configSource.builtIn }];
    const word = (text: string): string => kafkaWord(topicName, text);
    const values = valuesOf(this.#settings, { setting: `topicDefaults.${topicName}`, name, word });
    if (topicName !== 'durability' || values.length > 1) return values;
    // The broker has an option for it besides.
    return valuesOf(this.#settings, { setting: 'durability', name, word });
  }

  /** True: it has one value, and this is it. @throws KafkaError INVALID_CONFIG */
  #isFixed(name: string, value: string): boolean {
    const config = this.#byName.get(name);
    if (config === undefined || config.setting !== null) return false;
    checkFixed({ name, type: config.type, value: config.fixed }, value);
    return true;
  }

  /** None where it comes to nothing. @throws KafkaError INVALID_CONFIG, INVALID_REQUEST */
  #listChange(step: ConfigStep): ListChange[] {
    const { name } = step;
    const value = requireValue(step);
    const config = this.#byName.get(name);
    if (config !== undefined && config.type !== 'list') {
      throw new KafkaError('INVALID_CONFIG', `${name} is no list: it can be set and deleted, and that is all`);
    }
    const words = listWords(value);
    const isAppended = step.configOperation === configOperation.append;
    if (config?.setting !== null) {
      return [{ key: name, add: isAppended ? words : [], remove: isAppended ? [] : words }];
    }
    // Lists that cannot be changed are empty: there is nothing to take out.
    if (isAppended && words.length > 0) this.#isFixed(name, value);
    return [];
  }
}

/** @throws KafkaError INVALID_REQUEST */
function requireValue({ name, value }: ConfigStep): string {
  if (value === null) throw new KafkaError('INVALID_REQUEST', `the setting ${name} has no value`);
  return value;
}
