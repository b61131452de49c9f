import { encodeBatch } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { fetch } from '../../src/messages/fetch.ts';
import { produce } from '../../src/messages/produce.ts';
import { ClassicMember } from '../classic-member.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { nativeClient } from '../native.ts';

const named = { clientSoftwareName: 'apache-kafka-java', clientSoftwareVersion: '4.4.0' };

describe('statistics of the door', () => {
  it('M1 tell the library of a client that names itself, and those that do not', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const { admin } = await nativeClient(broker);
    const [java, silent] = [await RawClient.connect(kafkaPort), await RawClient.connect(kafkaPort)];
    await java.ask(apiVersions, 3, named);
    await silent.ask(apiVersions, 0, named);
    const { clients } = await admin.stats();
    expect(clients.filter(({ door }) => door === 'kafka')).toEqual([
      { door: 'kafka', software: 'apache-kafka-java', softwareVersion: '4.4.0', connections: 1 },
      { door: 'kafka', software: '', softwareVersion: '', connections: 1 },
    ]);
  });

  it('M1 count what goes wrong with a part of a request, and whose it is', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const { admin } = await nativeClient(broker);
    await admin.createTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    const partitionData = [{ index: 7, records: [encodeBatch([{ value: Buffer.from('x') }])] }];
    await client.ask(produce, 9, { acks: -1, timeoutMs: 1000, topicData: [{ name: 'orders', partitionData }] });
    const partitions = [{ partition: 0, fetchOffset: 99, partitionMaxBytes: 1000 }];
    const wanted = { maxWaitMs: 0, minBytes: 1, maxBytes: 1000, isolationLevel: 0 };
    await client.ask(fetch, 11, { ...wanted, topics: [{ topic: 'orders', partitions }] });
    const { apis, failingClients } = await admin.stats();
    expect(apis.find(({ api }) => api === 'kafka.Produce')).toMatchObject({
      requests: 1,
      failed: 1,
      errors: [{ error: 'UNKNOWN_TOPIC', count: 1 }],
    });
    expect(apis.find(({ api }) => api === 'kafka.Fetch')).toMatchObject({
      failed: 1,
      errors: [{ error: 'OFFSET_OUT_OF_RANGE', count: 1 }],
    });
    expect(failingClients).toMatchObject([
      { door: 'kafka', address: '127.0.0.1', errors: 2, lastError: 'OFFSET_OUT_OF_RANGE' },
    ]);
  });

  it('M1 G2 count each generation of a group as a rebalance', async () => {
    const { broker, kafkaPort } = await kafkaBroker({ limits: { groupInitialDelayMs: 0 } });
    const { admin } = await nativeClient(broker);
    const member = await ClassicMember.connect({ port: kafkaPort });
    await member.join();
    expect((await admin.stats()).rebalances).toBe(1);
  });

  it('M1 do not take a consumer that leaves for one that fails', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const { admin } = await nativeClient(broker);
    await admin.createTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }];
    const wanted = { maxWaitMs: 60_000, minBytes: 1, maxBytes: 1000, isolationLevel: 0 };
    client.send(fetch, 11, { ...wanted, topics: [{ topic: 'orders', partitions }] });
    const other = await RawClient.connect(kafkaPort);
    await other.ask(apiVersions, 0, named);
    client.socket.destroy();
    await expect
      .poll(async () => (await admin.stats()).clients.find(({ door }) => door === 'kafka')?.connections)
      .toBe(1);
    expect((await admin.stats()).failingClients).toEqual([]);
  });
});
