/** Long requests and answers: others have their turn of the event loop in between. Turns are counted, not timed. */
import { nodeClock } from '@q/broker';
import { describe, expect, it } from 'vitest';
import { answerFrame, answerFrameInTurns, turnBytes } from '../../src/frame/answer-frame.ts';
import { createTopics } from '../../src/messages/create-topics.ts';
import { describeConfigs } from '../../src/messages/describe-configs.ts';
import { describeGroups } from '../../src/messages/describe-groups.ts';
import { describeTopicPartitions } from '../../src/messages/describe-topic-partitions.ts';
import { metadata } from '../../src/messages/metadata.ts';
import { offsetFetch } from '../../src/messages/offset-fetch.ts';
import type { Api } from '../../src/messages/api.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { timeoutMs } from './admin-client.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `n-${index}`);

const requests: readonly (readonly [string, Api, number, (count: number) => unknown])[] = [
  [
    'Metadata of unknown topics',
    metadata,
    12,
    (count) => ({ topics: names(count).map((name) => ({ name })), allowAutoTopicCreation: false }),
  ],
  [
    'DescribeTopicPartitions of unknown topics',
    describeTopicPartitions,
    0,
    (count) => ({ topics: names(count).map((name) => ({ name })), responsePartitionLimit: 2_000, cursor: null }),
  ],
  ['DescribeGroups', describeGroups, 5, (count) => ({ groups: names(count) })],
  [
    'OffsetFetch',
    offsetFetch,
    9,
    (count) => ({
      groups: names(count).map((groupId) => ({ groupId, topics: [{ name: 't', partitionIndexes: [0] }] })),
    }),
  ],
];

/** A client, and how often others have had their turn while it was answered. */
async function setUp() {
  let turns = 0;
  const defer = (run: () => void): void => {
    turns += 1;
    nodeClock.defer(run);
  };
  const { kafkaPort } = await kafkaBroker({ clock: { ...nodeClock, defer } });
  const client = await RawClient.connect(kafkaPort);
  const turnsOf = async (api: Api, version: number, body: unknown): Promise<number> => {
    const before = turns;
    await client.ask(api, version, body);
    return turns - before;
  };
  return { client, turnsOf };
}

describe('requests of many parts', () => {
  it.each(requests)('B1 %s: a turn of others after each 64', async (_what, api, version, body) => {
    const { turnsOf } = await setUp();
    const few = await turnsOf(api, version, body(10));
    expect(await turnsOf(api, version, body(650))).toBeGreaterThanOrEqual(few + 10);
  });

  it('B1 Metadata of all topics, and the settings of all: a turn after so many topics and so many bytes', async () => {
    const { client, turnsOf } = await setUp();
    const topics = names(260).map((name) => ({ name, numPartitions: 1, replicationFactor: 1 }));
    await client.ask(createTopics, 7, { topics, timeoutMs, validateOnly: false });
    const none = await turnsOf(metadata, 12, { topics: [] });
    expect(await turnsOf(metadata, 12, { topics: null })).toBeGreaterThanOrEqual(none + 4);
    const all = names(260).map((resourceName) => ({ resourceType: 2, resourceName, configurationKeys: null }));
    const body = { resources: all, includeSynonyms: true, includeDocumentation: true };
    client.send(describeConfigs, 4, body);
    const bytes = (await client.nextFrame())!.length;
    expect(bytes).toBeGreaterThan(4 * turnBytes);
    const turns = await turnsOf(describeConfigs, 4, body);
    expect(turns).toBeGreaterThanOrEqual(none + 4 + Math.floor(bytes / (turnBytes * 1.25)));
  });
});

describe('a long answer', () => {
  it('B1 is the same bytes in pieces, none of which is much longer than a turn', async () => {
    const topics = names(20_000).map((name) => ({ errorCode: 3, name, partitions: [] }));
    const body = { brokers: [], clusterId: null, controllerId: 1, topics };
    for (const version of [1, 12]) {
      const o = { version, correlationId: 7, body };
      let pauses = 0;
      const pieces = await answerFrameInTurns(metadata, o, () => Promise.resolve(void (pauses += 1)));
      expect(Buffer.concat(pieces).equals(Buffer.concat(answerFrame(metadata, o)))).toBe(true);
      expect(pauses).toBeGreaterThanOrEqual(2);
      expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(turnBytes * 1.25);
    }
  });
});
