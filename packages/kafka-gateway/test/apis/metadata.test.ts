import { describe, expect, it } from 'vitest';
import { metadata } from '../../src/messages/metadata.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { nativeClient } from '../native.ts';

const noId = '00000000-0000-0000-0000-000000000000';
const unknownId = '11111111-2222-4333-8444-555555555555';

describe('Metadata', () => {
  it('B1 tells of the broker and of a topic in every version', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const q = await nativeClient(broker);
    await q.admin.createTopic('orders', { partitions: 2 });
    const { topicId } = await q.admin.describeTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    for (let version = 0; version <= 13; version += 1) {
      const answer = await client.ask(metadata, version, { topics: [{ name: 'orders' }] });
      expect(answer.brokers).toEqual([{ nodeId: broker.brokerId, host: '127.0.0.1', port: kafkaPort, rack: null }]);
      expect(answer.clusterId).toBe(version >= 2 ? broker.clusterId : null);
      expect(answer.controllerId).toBe(version >= 1 ? broker.brokerId : -1);
      expect(answer.topics).toHaveLength(1);
      expect(answer.topics[0]).toMatchObject({
        errorCode: 0,
        name: 'orders',
        topicId: version >= 10 ? topicId : noId,
        topicAuthorizedOperations: -0x8000_0000,
      });
      const { brokerId } = broker;
      expect(answer.topics[0]!.partitions).toEqual(
        [0, 1].map((partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: brokerId,
          leaderEpoch: version >= 7 ? 0 : -1,
          replicaNodes: [brokerId],
          isrNodes: [brokerId],
          offlineReplicas: [],
        })),
      );
    }
  });

  it('B1 takes no list for all topics, and an empty one for none from version 1 on', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const q = await nativeClient(broker);
    await q.admin.createTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    const names = async (version: number, topics: [] | null): Promise<(string | null)[]> =>
      (await client.ask(metadata, version, { topics })).topics.map(({ name }) => name);
    expect(await names(0, [])).toContain('orders');
    expect(await names(1, [])).toEqual([]);
    expect(await names(1, null)).toContain('orders');
    expect(await names(13, null)).toContain('orders');
  });

  it('B1 finds topics by id, and does not know others', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const q = await nativeClient(broker);
    await q.admin.createTopic('orders');
    const { topicId } = await q.admin.describeTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    for (const version of [12, 13]) {
      const { topics } = await client.ask(metadata, version, {
        topics: [{ name: null, topicId: unknownId }, { name: 'nowhere' }, { name: null, topicId }],
        allowAutoTopicCreation: false,
      });
      expect(topics).toMatchObject([
        { errorCode: 100, name: null, topicId: unknownId },
        { errorCode: 3, name: 'nowhere', topicId: noId },
        { errorCode: 0, name: 'orders', topicId },
      ]);
    }
  });
});
