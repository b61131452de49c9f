/**
 * Clients that send too much or take too little, over real sockets: the broker stays within its bytes, and the honest
 * client beside them is served.
 */
import { Fetch, Produce, Stats } from '@q/protocol';
import { FaultyFileSystem } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { RawClient } from './raw-client.ts';
import { batchOf, testBroker, testClient, valuesOf } from './harness.ts';

const KiB = 1024;

describe('back pressure', () => {
  it('a reader that stops reading is given no more than its share, and is hung up on in the end', async () => {
    const broker = await testBroker({
      limits: { outputBytesMax: 256 * KiB, outputStallMs: 400, sweepIntervalMs: 100 },
    });
    const honest = await testClient(broker);
    const { topicId } = await honest.createTopic('big');
    await honest.produce(topicId, batchOf('x'.repeat(1000 * KiB)));
    const stuck = await RawClient.connect(broker);
    stuck.socket.pause();
    const request = {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1 << 20,
      isolation: 0,
      throttleWaitMs: -1,
      topics: [{ topicId, partitions: [{ partition: 0, leaderEpoch: -1, fetchOffset: 0, maxBytes: 1 << 20 }] }],
    };
    const refused = Array.from({ length: 60 }, () => stuck.request(Fetch, request).catch((error: unknown) => error));

    let stats = await honest.request(Stats, {});
    expect(stats.connections).toBe(2);
    while (stats.connections > 1) stats = await honest.request(Stats, {});
    // 60 answers were asked for; what fits into the system's own buffers and one share beyond is all that was made.
    expect(stats.recordsOut).toBeLessThan(40);
    await stuck.close();
    await Promise.all(refused);
    expect((await honest.fetch(topicId, 0)).errorCode).toBe(0);
  });

  it('W3 readers that stop hold no more than their share: who takes what it gets is served beside them', async () => {
    const broker = await testBroker({
      limits: {
        outputBytesMax: 256 * KiB,
        brokerOutputBytesMax: 512 * KiB,
        brokerOutputBytesHardMax: 4096 * KiB,
        writeBytesMax: 64 * KiB,
      },
    });
    const honest = await testClient(broker);
    const { topicId } = await honest.createTopic('big');
    for (let number = 0; number < 4; number += 1) await honest.produce(topicId, batchOf('x'.repeat(100 * KiB)));
    const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset: 0, maxBytes: 1 << 20 }];
    const request = {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1 << 20,
      isolation: 0,
      throttleWaitMs: -1,
      topics: [{ topicId, partitions }],
    };
    const stuck = await Promise.all(Array.from({ length: 8 }, () => testClient(broker)));
    for (const client of stuck) {
      client.socket.pause();
      for (let number = 0; number < 60; number += 1) {
        const { buffers, frame } = client.prepare(Fetch, request);
        // It will be told that the connection was closed under it.
        void frame.catch(() => undefined);
        client.write(...buffers);
      }
    }
    // They come to a stop when what may be made for them is made.
    for (let before = -1, now = 0; now > before;) {
      before = now;
      now = (await honest.request(Stats, {})).recordsOut;
      for (let turns = 0; turns < 50; turns += 1) await honest.fetch(topicId, 4);
    }
    const read = await honest.fetch(topicId, 0, { minBytes: 1 << 20, maxWaitMs: 60_000 });
    expect(valuesOf(read.records).length).toBeGreaterThan(0);
  });

  it('a sender that is faster than the disk is slowed down, and loses nothing', async () => {
    const fileSystem = new FaultyFileSystem();
    const frameBytesMax = 192 * KiB;
    const limits = {
      frameBytesMax,
      fetchBytesMax: 64 * KiB,
      connectionBytesMax: 2 * frameBytesMax,
      brokerBytesMax: 2 * frameBytesMax,
      brokerBytesHardMax: 3 * frameBytesMax,
    };
    const broker = await testBroker({
      storage: 'file',
      dataDir: '/data',
      fileSystem,
      limits,
      topicDefaults: { 'max.message.bytes': '65536' },
    });
    const [sender, honest] = [await testClient(broker), await testClient(broker)];
    const { topicId } = await sender.createTopic('orders', { configs: { 'max.message.bytes': String(128 * KiB) } });
    const hold = fileSystem.hold('datasync');
    const value = 'x'.repeat(100 * KiB);
    const answers = Array.from({ length: 30 }, (_, index) => sender.produce(topicId, batchOf(`${index}:${value}`)));
    await hold.reached;
    // Three megabytes were sent; the broker has stopped reading long before the end, and still answers others.
    const described = await honest.topic('orders');
    expect(described.errorCode).toBe(0);
    const { recordsIn } = await honest.request(Stats, {});
    expect(recordsIn).toBeLessThanOrEqual(5);
    hold.release();
    const produced = await Promise.all(answers);
    expect(produced.map((part) => [part.errorCode, part.baseOffset])).toEqual(answers.map((_, index) => [0, index]));
    expect(valuesOf((await honest.fetch(topicId, 29)).records)).toEqual([`29:${value}`]);
  });

  it('half-received frames that fill the budget do not lock each other out', async () => {
    const frameBytesMax = 192 * KiB;
    const limits = {
      frameBytesMax,
      fetchBytesMax: 64 * KiB,
      connectionBytesMax: 2 * frameBytesMax,
      brokerBytesMax: 2 * frameBytesMax,
      brokerBytesHardMax: 20 * frameBytesMax,
    };
    const broker = await testBroker({ limits, topicDefaults: { 'max.message.bytes': '65536' } });
    const honest = await testClient(broker);
    const { topicId } = await honest.createTopic('orders', { configs: { 'max.message.bytes': String(128 * KiB) } });
    const clients = await Promise.all(Array.from({ length: 8 }, () => testClient(broker)));
    const requests = clients.map((client, index) => {
      const records = batchOf(`${index}`.repeat(120 * KiB));
      const { buffers, frame } = client.prepare(Produce, {
        timeoutMs: 5000,
        traceContexts: [],
        topics: [{ topicId, partitions: [{ partition: 0, leaderEpoch: -1, records }] }],
      });
      return { client, bytes: Buffer.concat(buffers), frame };
    });
    // Everybody sends all but the last byte, twice the budget together; then everybody sends the rest.
    for (const { client, bytes } of requests) client.write(bytes.subarray(0, -1));
    for (const { client, bytes } of requests) client.write(bytes.subarray(-1));
    await Promise.all(requests.map((request) => request.frame));
    expect((await honest.fetch(topicId, 0)).highWatermark).toBe(8);
  });
});
