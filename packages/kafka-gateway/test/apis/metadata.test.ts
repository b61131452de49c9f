import { describe, expect, it } from 'vitest';
import { metadata } from '../../src/messages/metadata.ts';
import { kafkaBroker, RawClient, readAnswer } from '../harness.ts';
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

  it('B1 tells once of a topic that is named again and again, by its name or by its id', async () => {
    const { broker, kafkaPort } = await kafkaBroker({ autoCreateTopics: true });
    const q = await nativeClient(broker);
    const { topicId } = await q.admin.createTopic('orders', { partitions: 3 });
    const client = await RawClient.connect(kafkaPort);
    const named = ['orders', 'made', 'orders', 'made'].map((name) => ({ name }));
    const byId = [topicId, unknownId, topicId, unknownId].map((id) => ({ name: null, topicId: id }));
    const { topics } = await client.ask(metadata, 12, { topics: [...named, ...byId] });
    expect(topics.map((topic) => [topic.name, topic.errorCode, topic.partitions.length])).toEqual([
      ['orders', 0, 3],
      ['made', 0, 1],
      ['orders', 0, 3],
      [null, 100, 0],
    ]);
  });

  it('B1 answers librdkafka 2.16, which asks for all topics with three bytes too many', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const q = await nativeClient(broker);
    await q.admin.createTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    // As it was recorded: header, null in four bytes, two flags, no tags.
    client.sendFrame(Buffer.from('0003000d00000003000772646b61666b610000000000010000', 'hex'));
    const frame = await client.nextFrame();
    expect(frame).not.toBeNull();
    const { topics } = readAnswer(metadata, 13, frame!).body;
    expect(topics.map(({ name }) => name)).toContain('orders');
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

  it('B1 gives every topic an id of its own, those of the broker too, which are internal', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const q = await nativeClient(broker);
    await q.admin.createTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    const { topics } = await client.ask(metadata, 13, { topics: null });
    const ids = topics.map(({ topicId }) => topicId);
    expect(new Set([...ids, noId]).size).toBe(topics.length + 1);
    const internal = topics.filter(({ isInternal }) => isInternal).map(({ name }) => name);
    expect(internal).toContain('__metadata');
    expect(new Set(topics.map(({ name }) => name))).toEqual(new Set([...internal, 'orders']));
  });

  it('B1 says what a caller may do where that is asked', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const q = await nativeClient(broker);
    await q.admin.createTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    const request = {
      topics: [{ name: 'orders' }, { name: 'nowhere' }],
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: true,
      includeTopicAuthorizedOperations: true,
    };
    for (const version of [8, 10, 13]) {
      const answer = await client.ask(metadata, version, request);
      expect(answer.topics.map((topic) => topic.topicAuthorizedOperations)).toEqual([3576, -0x8000_0000]);
      expect(answer.clusterAuthorizedOperations).toBe(version <= 10 ? 8096 : -0x8000_0000);
    }
  });
});

describe('Metadata of topics that are not there', () => {
  const ask = async (kafkaPort: number, names: string[], { version = 12, allow = true } = {}): Promise<number[]> => {
    const client = await RawClient.connect(kafkaPort);
    const topics = names.map((name) => ({ name }));
    const answer = await client.ask(metadata, version, { topics, allowAutoTopicCreation: allow });
    expect(answer.topics.map(({ name }) => name)).toEqual(names);
    return answer.topics.map(({ errorCode }) => errorCode);
  };

  it('B1 makes them where both the broker and the client want it, with the settings of any other', async () => {
    const { broker, kafkaPort } = await kafkaBroker({
      autoCreateTopics: true,
      topicDefaults: { 'max.message.bytes': '54321' },
      limits: { partitionsDefault: 3 },
    });
    const q = await nativeClient(broker);
    expect(await ask(kafkaPort, ['shy'], { allow: false })).toEqual([3]);
    expect(await ask(kafkaPort, ['bold', 'old'])).toEqual([0, 0]);
    // Before version 4 there was no way to say no.
    expect(await ask(kafkaPort, ['older'], { version: 3 })).toEqual([0]);
    await q.admin.createTopic('made');
    const [made, bold] = [await q.admin.describeTopic('made'), await q.admin.describeTopic('bold')];
    expect(bold.configs).toEqual(made.configs);
    expect(bold.partitions).toHaveLength(3);
    expect(made.partitions).toHaveLength(3);
    await expect(q.admin.describeTopic('shy')).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
  });

  it('B1 makes none where the broker is not set to, and never one of a bad name', async () => {
    const { kafkaPort } = await kafkaBroker({ autoCreateTopics: false });
    expect(await ask(kafkaPort, ['a', 'b/c', '', '..'])).toEqual([3, 17, 17, 17]);
    const open = await kafkaBroker({ autoCreateTopics: true });
    expect(await ask(open.kafkaPort, ['b/c', '', '__q_mine', 'good'])).toEqual([17, 17, 17, 0]);
  });
});

describe('the address that a client is told', () => {
  const told = async (port: number): Promise<unknown> => {
    const client = await RawClient.connect(port);
    const { brokers } = await client.ask(metadata, 12, { topics: [] });
    return { host: brokers[0]!.host, port: brokers[0]!.port };
  };

  it('B1 is where the door is, and never a default port', async () => {
    const { kafkaPort } = await kafkaBroker();
    expect(await told(kafkaPort)).toEqual({ host: '127.0.0.1', port: kafkaPort });
  });

  it('B1 is the one that it has dialled where the door listens on every address', async () => {
    for (const host of ['0.0.0.0', '::']) {
      const { kafkaPort } = await kafkaBroker({ kafka: { host }, insecure: true });
      expect(await told(kafkaPort)).toEqual({ host: '127.0.0.1', port: kafkaPort });
    }
  });

  it('B1 is the one that was set', async () => {
    const advertised = { host: 'kafka.example', port: 19_092 };
    const { kafkaPort } = await kafkaBroker({ kafka: { advertised } });
    expect(await told(kafkaPort)).toEqual(advertised);
  });
});
