import { KafkaError } from '../errors/kafka-errors.ts';
import { brokerConfigTable } from './broker-config-table.ts';
import type { BrokerConfig, BrokerFacts } from './broker-config-table.ts';
import { configOperation, configSource } from './config-codes.ts';
import type { ConfigInForce } from './config-in-force.ts';
import { checkFixed } from './config-value.ts';
import type { ConfigStep, TopicConfigs } from './topic-configs.ts';

/** Where somebody can connect. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface BrokerConfigsOptions extends BrokerFacts {
  readonly topicConfigs: TopicConfigs;
  /** Where the door listens. */
  readonly address: () => Address;
}

/** The settings of this broker as Kafka's tools know them. */
export class BrokerConfigs {
  readonly #options: BrokerConfigsOptions;
  readonly #table: readonly ConfigInForce[];

  constructor(options: BrokerConfigsOptions) {
    this.#options = options;
    this.#table = [...brokerConfigTable(options).map(inForce), ...options.topicConfigs.describeDefaults()];
  }

  /** In the order of the names. `advertised`: where the client that asks is told to connect. */
  describe(advertised: Address): ConfigInForce[] {
    const documentation = 'Where clients connect.';
    const addresses: BrokerConfig[] = [
      { name: 'advertised.listeners', type: 'list', value: listener(advertised), isGiven: true, documentation },
      { name: 'listeners', type: 'list', value: listener(this.#options.address()), isGiven: true, documentation },
    ];
    return [...this.#table, ...addresses.map(inForce)].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /**
   * Whether these settings are in force already, which is all that can be done about them.
   * @throws KafkaError INVALID_CONFIG, INVALID_REQUEST (what they are set to is not in force)
   */
  checkUnchanged(steps: readonly ConfigStep[], advertised: Address): void {
    const known = new Map(this.describe(advertised).map((config) => [config.name, config]));
    for (const { name, value, configOperation: operation } of steps) {
      if (operation === configOperation.delete) continue;
      const config = known.get(name);
      if (config === undefined) throw new KafkaError('INVALID_CONFIG', `this broker has no setting ${name}`);
      if (value === null) throw new KafkaError('INVALID_REQUEST', `the setting ${name} has no value`);
      checkFixed(config, value);
    }
  }
}

function listener({ host, port }: Address): string {
  return `PLAINTEXT://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function inForce({ name, type, value, isGiven, documentation }: BrokerConfig): ConfigInForce {
  const source = isGiven ? configSource.brokerStatic : configSource.builtIn;
  return { name, type, value, source, documentation, readOnly: true, synonyms: [{ name, value, source }] };
}
