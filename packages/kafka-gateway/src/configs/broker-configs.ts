import type { Services, SettingsChange } from '@q/broker';
import { KafkaError } from '../errors/kafka-errors.ts';
import { brokerConfigTable } from './broker-config-table.ts';
import type { BrokerConfig, ConfigFacts, SettingBehind } from './broker-config-table.ts';
import { configOperation, configSource } from './config-codes.ts';
import type { ConfigInForce } from './config-in-force.ts';
import { checkFixed, kafkaWord, listWords, ownWord } from './config-value.ts';
import { valuesOf } from './setting-values.ts';
import type { ConfigStep, TopicConfigs } from './topic-configs.ts';

/** Where somebody can connect. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface BrokerConfigsOptions extends ConfigFacts {
  readonly settings: Pick<Services['settings'], 'revision' | 'lookUp'>;
  readonly topicConfigs: TopicConfigs;
  /** Where the door listens. */
  readonly address: () => Address;
}

/** The settings of this broker as Kafka's tools know them. */
export class BrokerConfigs {
  readonly #options: BrokerConfigsOptions;

  constructor(options: BrokerConfigsOptions) {
    this.#options = options;
  }

  /** In the order of the names. `advertised`: where the client that asks is told to connect. */
  describe(advertised: Address): ConfigInForce[] {
    const { topicConfigs, address } = this.#options;
    const type = 'list';
    const documentation = 'Where clients connect.';
    const told = { type, documentation, behind: null, isGiven: true } as const;
    const own: BrokerConfig[] = [
      ...brokerConfigTable(this.#options),
      { ...told, name: 'advertised.listeners', value: listener(advertised) },
      { ...told, name: 'listeners', value: listener(address()) },
    ];
    return [...own.map((config) => this.#inForce(config)), ...topicConfigs.describeDefaults()].sort((left, right) =>
      left.name < right.name ? -1 : 1,
    );
  }

  /**
   * What a client wants of the broker, in the broker's words. What cannot be changed may be set to what it is.
   * `replacesAll`: what is not named goes back to what it is without an API.
   * @throws KafkaError INVALID_CONFIG, INVALID_REQUEST
   */
  readSteps(
    steps: readonly ConfigStep[],
    { advertised, replacesAll }: { readonly advertised: Address; readonly replacesAll: boolean },
  ): Pick<SettingsChange, 'set' | 'unset'> {
    const known = new Map(this.describe(advertised).map((config) => [config.name, config]));
    const set: { name: string; value: string }[] = [];
    const unset: string[] = [];
    for (const step of steps) {
      const { name } = step;
      const behind = this.#behind(name);
      const config = known.get(name);
      if (step.configOperation === configOperation.delete) {
        // As Kafka does it: what is not there, or cannot be changed, is at its default.
        if (config?.readOnly === false && behind !== null) unset.push(behind.setting);
        continue;
      }
      if (config === undefined) throw new KafkaError('INVALID_CONFIG', `this broker has no setting ${name}`);
      const value = valueAfter(step, config);
      if (config.readOnly || behind === null) checkFixed(config, value);
      else set.push({ name: behind.setting, value: behind.ownWord(value) });
    }
    if (replacesAll) unset.push(...this.#leftOut(known, steps));
    return { set, unset };
  }

  /** What was changed through an API, is one of Kafka's, and is not named. */
  #leftOut(known: ReadonlyMap<string, ConfigInForce>, steps: readonly ConfigStep[]): string[] {
    const named = new Set(steps.map(({ name }) => name));
    return [...known.values()]
      .filter(({ name, source }) => source === configSource.dynamicBroker && !named.has(name))
      .flatMap(({ name }) => this.#behind(name)?.setting ?? []);
  }

  #behind(name: string): SettingBehind | null {
    const row = brokerConfigTable(this.#options).find((config) => config.name === name);
    if (row !== undefined) return row.behind;
    const topicSetting = this.#options.topicConfigs.settingBehind(name);
    if (topicSetting === null) return null;
    return {
      setting: `topicDefaults.${topicSetting}`,
      word: (text) => kafkaWord(topicSetting, text),
      ownWord: (text) => ownWord(topicSetting, text),
    };
  }

  #inForce({ name, type, value, behind, isGiven, documentation }: BrokerConfig): ConfigInForce {
    const { settings } = this.#options;
    if (behind === null) {
      const source = isGiven ? configSource.brokerStatic : configSource.builtIn;
      return { name, type, value, source, documentation, readOnly: true, synonyms: [{ name, value, source }] };
    }
    const { word, setting } = behind;
    const view = settings.lookUp(setting);
    const synonyms = valuesOf(settings, { setting, name, word });
    const { source } = synonyms[0]!;
    return {
      name,
      type,
      value: word(view.value),
      source,
      documentation,
      readOnly: !view.isReloadable,
      synonyms,
    };
  }
}

/** @throws KafkaError INVALID_CONFIG, INVALID_REQUEST */
function valueAfter({ name, value, configOperation: operation }: ConfigStep, config: ConfigInForce): string {
  if (value === null) throw new KafkaError('INVALID_REQUEST', `the setting ${name} has no value`);
  if (operation === configOperation.set) return value;
  if (operation !== configOperation.append && operation !== configOperation.subtract)
    throw new KafkaError('INVALID_REQUEST', `there is no operation ${operation} on a setting`);
  if (config.type !== 'list')
    throw new KafkaError('INVALID_CONFIG', `${name} is no list: it can be set and deleted, and that is all`);
  const words = new Set(listWords(config.value ?? ''));
  for (const word of listWords(value)) {
    if (operation === configOperation.append) words.add(word);
    else words.delete(word);
  }
  return [...words].join(',');
}

function listener({ host, port }: Address): string {
  return `PLAINTEXT://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
