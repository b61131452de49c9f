import { expect } from 'vitest';
import { createTopics } from '../../src/messages/create-topics.ts';
import { describeConfigs } from '../../src/messages/describe-configs.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

export const timeoutMs = 5000;

type Described = Awaited<ReturnType<typeof describe>>['configs'][number];

/** A client of a broker that goes with the test. */
export async function openClient(options: Parameters<typeof kafkaBroker>[0] = {}): Promise<RawClient> {
  const { kafkaPort } = await kafkaBroker(options);
  return RawClient.connect(kafkaPort);
}

/** Makes the topic. Returns its id. */
export async function createTopic(
  client: RawClient,
  name: string,
  { partitions = 1, configs = {} }: { partitions?: number; configs?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const { topics } = await client.ask(createTopics, 7, {
    topics: [
      {
        name,
        numPartitions: partitions,
        replicationFactor: 1,
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs,
  });
  expect(topics[0]).toMatchObject({ name, errorCode: 0, errorMessage: null });
  return topics[0]!.topicId;
}

/** What the broker says of one resource. */
export async function describe(
  client: RawClient,
  resource: { readonly resourceType: number; readonly resourceName: string; readonly configurationKeys?: string[] },
  { version = 4, ...o }: { version?: number; includeSynonyms?: boolean; includeDocumentation?: boolean } = {},
) {
  const { results } = await client.ask(describeConfigs, version, { resources: [resource], ...o });
  expect(results).toHaveLength(1);
  return results[0]!;
}

/** The settings of a topic by name. */
export async function topicConfigs(client: RawClient, resourceName = 'orders'): Promise<Map<string, Described>> {
  const { errorCode, configs } = await describe(client, { resourceType: 2, resourceName }, { includeSynonyms: true });
  expect(errorCode).toBe(0);
  return new Map(configs.map((config) => [config.name, config]));
}

/** Value and source of one setting of a topic. */
export async function inForce(client: RawClient, name: string): Promise<string> {
  const config = (await topicConfigs(client)).get(name)!;
  return `${config.value} from ${config.configSource}`;
}
