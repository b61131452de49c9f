/** Small frames that ask about more than there can be: their connections end, and nobody waits for them. */
import { describe, expect, it } from 'vitest';
import { deleteRecords } from '../../src/messages/delete-records.ts';
import { describeProducers } from '../../src/messages/describe-producers.ts';
import { describeTopicPartitions } from '../../src/messages/describe-topic-partitions.ts';
import { fetch } from '../../src/messages/fetch.ts';
import { listOffsets } from '../../src/messages/list-offsets.ts';
import { metadata } from '../../src/messages/metadata.ts';
import { offsetForLeaderEpoch } from '../../src/messages/offset-for-leader-epoch.ts';
import { produce } from '../../src/messages/produce.ts';
import type { Api } from '../../src/messages/api.ts';
import { fetchRequest } from '../fetching.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

const limits = { topicsMax: 20, partitionsMax: 30, partitionsPerTopicMax: 30 };
const names = (count: number): { name: string }[] =>
  Array.from({ length: count }, (_, index) => ({ name: `t${index}` }));
const indexes = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const wanted = fetchRequest([{}]).topics[0]!.partitions[0]!;

interface Case {
  readonly api: Api;
  readonly version: number;
  readonly most: number;
  readonly body: (count: number) => unknown;
}

const cases: Record<string, Case> = {
  'Metadata, topics': { api: metadata, version: 12, most: 20, body: (count) => ({ topics: names(count) }) },
  'DescribeTopicPartitions, topics': {
    api: describeTopicPartitions,
    version: 0,
    most: 20,
    body: (count) => ({ topics: names(count), responsePartitionLimit: 9, cursor: null }),
  },
  'DescribeProducers, topics': {
    api: describeProducers,
    version: 0,
    most: 20,
    body: (count) => ({ topics: names(count).map((topic) => ({ ...topic, partitionIndexes: [] })) }),
  },
  'DescribeProducers, partitions': {
    api: describeProducers,
    version: 0,
    most: 30,
    body: (count) => ({ topics: [{ name: 'a', partitionIndexes: indexes(count) }] }),
  },
  'Fetch, topics': {
    api: fetch,
    version: 12,
    most: 20,
    body: (count) => fetchRequest(names(count).map(({ name: topic }) => ({ topic }))),
  },
  'Fetch, partitions': {
    api: fetch,
    version: 12,
    most: 30,
    body: (count) => ({
      ...fetchRequest([]),
      topics: [{ topic: 'a', partitions: indexes(count).map((partition) => ({ ...wanted, partition })) }],
    }),
  },
  'ListOffsets, partitions': {
    api: listOffsets,
    version: 7,
    most: 30,
    body: (count) => ({
      replicaId: -1,
      topics: [{ name: 'a', partitions: indexes(count).map((partitionIndex) => ({ partitionIndex, timestamp: -1 })) }],
    }),
  },
  'OffsetForLeaderEpoch, partitions': {
    api: offsetForLeaderEpoch,
    version: 4,
    most: 30,
    body: (count) => ({
      topics: [
        {
          topic: 'a',
          partitions: indexes(count).map((partition) => ({ partition, currentLeaderEpoch: -1, leaderEpoch: 0 })),
        },
      ],
    }),
  },
  'DeleteRecords, partitions': {
    api: deleteRecords,
    version: 2,
    most: 30,
    body: (count) => ({
      timeoutMs: 1_000,
      topics: [{ name: 'a', partitions: indexes(count).map((partitionIndex) => ({ partitionIndex, offset: 0 })) }],
    }),
  },
  'Produce, partitions': {
    api: produce,
    version: 11,
    most: 30,
    body: (count) => ({
      acks: -1,
      timeoutMs: 1_000,
      topicData: [{ name: 'a', partitionData: indexes(count).map((index) => ({ index, records: null })) }],
    }),
  },
};

describe('more than there can be', () => {
  it.each(Object.keys(cases))('B1 %s', async (name) => {
    const { api, version, most, body } = cases[name]!;
    const { kafkaPort } = await kafkaBroker({ limits });
    const client = await RawClient.connect(kafkaPort);
    await client.ask(api, version, body(most));
    client.send(api, version, body(most + 1));
    expect(await client.nextFrame()).toBeNull();
  });
});
