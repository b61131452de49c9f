import { nodeClock } from '@q/broker';
import { describe, expect, it } from 'vitest';
import { oneByOne } from '../../src/apis/one-by-one.ts';
import { alterConfigs } from '../../src/messages/alter-configs.ts';
import type { Api } from '../../src/messages/api.ts';
import { consumerGroupDescribe } from '../../src/messages/consumer-group-describe.ts';
import { createPartitions } from '../../src/messages/create-partitions.ts';
import { createTopics } from '../../src/messages/create-topics.ts';
import { deleteTopics } from '../../src/messages/delete-topics.ts';
import { describeConfigs } from '../../src/messages/describe-configs.ts';
import { incrementalAlterConfigs } from '../../src/messages/incremental-alter-configs.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { timeoutMs } from './admin-client.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `topic-${index}`);
const resources = (count: number) =>
  names(count).map((resourceName) => ({ resourceType: 2, resourceName, configs: [], configurationKeys: null }));

const size = { numPartitions: 1, replicationFactor: 1 };

/** A request of so many parts, and how many the answer has. */
const requests: readonly (readonly [Api, (count: number) => unknown, (answer: never) => number])[] = [
  [
    createTopics,
    (count) => ({ topics: names(count).map((name) => ({ name, ...size })), timeoutMs, validateOnly: true }),
    ({ topics }: { topics: unknown[] }) => topics.length,
  ],
  [
    deleteTopics,
    (count) => ({ topics: names(count).map((name) => ({ name })), timeoutMs }),
    ({ responses }: { responses: unknown[] }) => responses.length,
  ],
  [
    createPartitions,
    (count) => ({ topics: names(count).map((name) => ({ name, count: 2 })), timeoutMs }),
    ({ results }: { results: unknown[] }) => results.length,
  ],
  [
    describeConfigs,
    (count) => ({ resources: resources(count) }),
    ({ results }: { results: unknown[] }) => results.length,
  ],
  [
    alterConfigs,
    (count) => ({ resources: resources(count) }),
    ({ responses }: { responses: unknown[] }) => responses.length,
  ],
  [
    incrementalAlterConfigs,
    (count) => ({ resources: resources(count) }),
    ({ responses }: { responses: unknown[] }) => responses.length,
  ],
  [
    consumerGroupDescribe,
    (count) => ({ groupIds: names(count) }),
    ({ groups }: { groups: unknown[] }) => groups.length,
  ],
];

const byName = requests.map(([api, of, countIn]) => ({ name: api.name, api, of, countIn }));

describe('many topics in one request', () => {
  it.each(byName)(
    'B1 $name answers for as many as there may be, and hangs up on more',
    async ({ api, of, countIn }) => {
      const limits = { topicsMax: 200, groupsMax: 200 };
      const { kafkaPort } = await kafkaBroker({ limits });
      const client = await RawClient.connect(kafkaPort);
      const version = api.key === deleteTopics.key ? 6 : 1;
      const served = api.key === createTopics.key ? 7 : version;
      expect(countIn((await client.ask(api, served, of(200))) as never)).toBe(200);
      client.send(api, served, of(201));
      expect(await client.nextFrame()).toBeNull();
    },
  );

  it('B1 are answered in order, and others have their turn in between', async () => {
    const seen: (number | 'others')[] = [];
    const defer = (run: () => void): void => {
      seen.push('others');
      run();
    };
    const parts = Array.from({ length: 150 }, (_, index) => index);
    const told = await oneByOne(parts, { clock: { ...nodeClock, defer } }, (part) => void seen.push(part));
    expect(told).toHaveLength(150);
    expect(seen).toEqual([...parts.slice(0, 64), 'others', ...parts.slice(64, 128), 'others', ...parts.slice(128)]);
  });
});
