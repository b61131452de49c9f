import { encodeBatch } from '@q/protocol';
import { FaultyFileSystem, ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { fetch } from '../../src/messages/fetch.ts';
import { metadata } from '../../src/messages/metadata.ts';
import { produce } from '../../src/messages/produce.ts';
import { kafkaBroker, RawClient, readAnswer, requestFrame } from '../harness.ts';
import { nativeClient } from '../native.ts';

const named = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' };

function producing(value: string) {
  const partitionData = [{ index: 0, records: [encodeBatch([{ value: Buffer.from(value) }])] }];
  return { acks: -1, timeoutMs: 10_000, topicData: [{ name: 'orders', partitionData }] };
}

const waiting = {
  maxWaitMs: 60_000,
  minBytes: 1,
  maxBytes: 1000,
  isolationLevel: 0,
  topics: [{ topic: 'orders', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
};

describe('the door of a broker that stops', () => {
  it('B1 answers what is in flight, which is kept', async () => {
    const fileSystem = new FaultyFileSystem();
    const { broker, kafkaPort } = await kafkaBroker({ storage: 'file', dataDir: '/data', fileSystem });
    await (await nativeClient(broker)).admin.createTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    const hold = fileSystem.hold('datasync');
    client.send(produce, 9, producing('in flight'));
    await hold.reached;
    const closing = broker.close();
    // What comes now is not taken up any more.
    client.send(apiVersions, 0, named);
    hold.release();
    const answer = readAnswer(produce, 9, (await client.nextFrame())!).body;
    expect(answer.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect(await client.nextFrame()).toBeNull();
    await closing;
  });

  it('B1 ends long polls at once, with what they have', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    await (await nativeClient(broker)).admin.createTopic('orders');
    const [client, other] = [await RawClient.connect(kafkaPort), await RawClient.connect(kafkaPort)];
    client.send(fetch, 11, waiting);
    await other.ask(apiVersions, 0, named);
    const closing = broker.close();
    const answer = readAnswer(fetch, 11, (await client.nextFrame())!).body;
    expect(answer.responses[0]!.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 0 });
    expect(await client.nextFrame()).toBeNull();
    await closing;
  });

  it('B1 lets nobody in any more', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    await broker.close();
    await expect(RawClient.connect(kafkaPort)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('a connection', () => {
  it('B1 may be silent for long, and its first request may come slowly', async () => {
    const clock = new ManualClock({ startMs: Date.now() });
    const { kafkaPort } = await kafkaBroker({ clock, limits: { helloTimeoutMs: 3_000, idleTimeoutMs: 600_000 } });
    const client = await RawClient.connect(kafkaPort);
    await clock.advance(60_000);
    const frame = requestFrame(apiVersions, { version: 0, correlationId: 7, body: named });
    const length = Buffer.from([0, 0, 0, frame.length]);
    client.socket.write(Buffer.concat([length, frame.subarray(0, 5)]));
    // Another connection is served behind those bytes, so that they have arrived.
    await (await RawClient.connect(kafkaPort)).ask(apiVersions, 0, named);
    await clock.advance(30_000);
    client.socket.write(frame.subarray(5));
    expect(readAnswer(apiVersions, 0, (await client.nextFrame())!)).toMatchObject({ correlationId: 7 });
  });
});

describe('the door of a broker that has all the connections that it may have', () => {
  it('B1 hangs up on one more, and sends it nothing: the protocol has no message for that', async () => {
    const { kafkaPort } = await kafkaBroker({ limits: { connectionsMax: 2, connectionsPerAddressMax: 2 } });
    const clients = [await RawClient.connect(kafkaPort), await RawClient.connect(kafkaPort)];
    for (const client of clients) expect((await client.ask(apiVersions, 0, named)).errorCode).toBe(0);
    const tooMany = await RawClient.connect(kafkaPort);
    expect(await tooMany.nextFrame()).toBeNull();
    expect(tooMany.socket.bytesRead).toBe(0);
    for (const client of clients) expect((await client.ask(apiVersions, 0, named)).errorCode).toBe(0);
  });
});

describe('the statistics of a broker', () => {
  it('B1 show the APIs of the door beside the native ones', async () => {
    const { broker, kafkaPort } = await kafkaBroker({ admin: { port: 0 } });
    const q = await nativeClient(broker);
    await q.admin.createTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    await client.ask(produce, 9, producing('counted'));
    await client.ask(metadata, 12, { topics: null });
    client.send(metadata, 99, { topics: null });
    expect(await client.nextFrame()).toBeNull();
    const shown = (await (await globalThis.fetch(`${broker.adminUrl}/stats`)).json()) as {
      requests: Record<string, { count: number }>;
      recordsIn: number;
      errors: Record<string, number>;
    };
    expect(shown.requests).toMatchObject({
      'kafka.Produce': { count: 1, failed: 0 },
      'kafka.Metadata': { count: 1 },
      CREATE_TOPIC: { count: 1 },
    });
    expect(shown.recordsIn).toBe(1);
    expect(shown.errors).toMatchObject({ UNSUPPORTED_VERSION: 1 });
    const { apis } = await q.admin.stats();
    expect(apis.map(({ api }) => api)).toContain('kafka.Produce');
  });
});

describe('the address that clients are told', () => {
  it('B1 is the one that they have dialled, with the port of the door', async () => {
    const { kafkaPort } = await kafkaBroker({ kafka: { host: '0.0.0.0' }, insecure: true });
    const client = await RawClient.connect(kafkaPort);
    const { brokers } = await client.ask(metadata, 12, { topics: [] });
    expect(brokers).toMatchObject([{ nodeId: 1, host: '127.0.0.1', port: kafkaPort }]);
  });

  it('B1 is the one that is set, and never that of the native door', async () => {
    const { broker, kafkaPort } = await kafkaBroker({
      advertised: { host: 'native.example', port: 7420 },
      kafka: { advertised: { host: 'kafka.example', port: 9094 } },
    });
    expect(broker.doors).toEqual([{ name: 'kafka', host: '127.0.0.1', port: kafkaPort }]);
    const client = await RawClient.connect(kafkaPort);
    const { brokers } = await client.ask(metadata, 12, { topics: [] });
    expect(brokers).toMatchObject([{ host: 'kafka.example', port: 9094 }]);
  });
});
