import { cp, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DeleteTopic, DescribeTopic, InitProducer, ListTopics, errorCode } from '@q/protocol';
import { FaultyFileSystem } from '@q/testkit';
import { MemoryFileSystem } from '@q/storage';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../src/index.ts';
import { batchOf, errorOf, testBroker, testClient, testDirectory, valuesOf } from './harness.ts';
import { RawClient } from './raw-client.ts';

/** A port that somebody else listens on. */
async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('startBroker', () => {
  it('B3 takes a free port and says where it is', async () => {
    const broker = await testBroker({ admin: { port: 0 } });
    expect(broker.port).toBeGreaterThan(0);
    expect(broker).toMatchObject({
      host: '127.0.0.1',
      address: `127.0.0.1:${broker.port}`,
      url: `q://127.0.0.1:${broker.port}`,
      brokerId: 1,
    });
    expect(broker.clusterId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await (await fetch(`${broker.adminUrl}/readyz`)).json()).toEqual({ status: 'ready', reasons: [] });
    expect(await (await testClient(broker)).hello()).toMatchObject({
      clusterId: broker.clusterId,
      brokerId: 1,
      software: 'q',
      authMechanisms: [],
    });
  });

  it('O5 counts the topics that somebody has made in the line that says it is ready, and not its own', async () => {
    const fileSystem = new MemoryFileSystem();
    const counts: unknown[] = [];
    const info = (fields: object, text: string): void => {
      if (text === 'broker is ready') counts.push(fields);
    };
    const logger = { debug() {}, info, warn() {}, error() {} };
    const first = await testBroker({ storage: 'file', dataDir: '/data', fileSystem, logger });
    await (await testClient(first)).createTopic('orders', { partitions: 3 });
    await first.close();
    await testBroker({ storage: 'file', dataDir: '/data', fileSystem, logger });
    expect(counts).toMatchObject([
      { topics: 0, partitions: 0 },
      { topics: 1, partitions: 3 },
    ]);
  });

  it('B3 `await using` closes it', async () => {
    let address: { host: string; port: number };
    {
      await using broker = await startBroker({ storage: 'memory', port: 0, admin: false });
      address = broker;
      await (await RawClient.connect(address)).close();
    }
    await expect(RawClient.dial(address)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('S2 keeps topics, records and producer ids over a restart', async () => {
    const dataDir = await testDirectory();
    const options = { storage: 'file', dataDir, port: 0, admin: false } as const;
    const first = await startBroker(options);
    const client = await RawClient.connect(first);
    const { topicId } = await client.createTopic('orders', { partitions: 3, configs: { 'retention.ms': '123456' } });
    await client.createTopic('gone');
    await client.request(DeleteTopic, { name: 'gone' });
    expect(await client.produce(topicId, batchOf('a', 'b'), { partition: 2 })).toMatchObject({
      errorCode: 0,
      durability: 0,
    });
    const { producerId } = await client.request(InitProducer, {
      producerId: -1,
      producerEpoch: -1,
      transactionalId: null,
      transactionTimeoutMs: -1,
    });
    await client.close();
    await first.close();

    const second = await startBroker(options);
    expect(second.clusterId).toBe(first.clusterId);
    const again = await RawClient.connect(second);
    const { topics } = await again.request(ListTopics, { includeInternal: false });
    expect(topics).toMatchObject([{ name: 'orders', topicId, partitions: 3, messages: 2 }]);
    const described = await again.request(DescribeTopic, { name: 'orders' });
    expect(described.configs).toContainEqual({ key: 'retention.ms', value: '123456', source: 2 });
    expect(described.partitions[2]).toMatchObject({ highWatermark: 2, logEndOffset: 2, leaderEpoch: 0 });
    expect(valuesOf((await again.fetch(topicId, 0, { partition: 2 })).records)).toEqual(['a', 'b']);
    expect(
      (
        await again.request(InitProducer, {
          producerId: -1,
          producerEpoch: -1,
          transactionalId: null,
          transactionTimeoutMs: -1,
        })
      ).producerId,
    ).toBeGreaterThan(producerId);
    await again.close();
    await second.close();
  });

  it('S2 raises leader epochs after an end that nobody announced, and then refuses older ones', async () => {
    const [dataDir, copy] = [await testDirectory(), await testDirectory()];
    const running = await testBroker({ storage: 'file', dataDir });
    const before = await testClient(running);
    await before.createTopic('orders');
    // The data folder as a power cut would leave it: the broker is still running.
    await cp(dataDir, copy, { recursive: true, filter: (source) => !source.endsWith('lock') });

    const restarted = await testBroker({ storage: 'file', dataDir: copy });
    const client = await testClient(restarted);
    const topic = await client.topic('orders');
    expect(topic.partitions[0]!.leaderEpoch).toBe(1);
    expect(await client.produce(topic.topicId, batchOf('x'), { leaderEpoch: 0 })).toMatchObject({
      errorCode: errorCode('STALE_LEADER_EPOCH'),
    });
    expect(await client.fetch(topic.topicId, 0, { leaderEpoch: 0 })).toMatchObject({
      errorCode: errorCode('STALE_LEADER_EPOCH'),
    });
    expect(await client.produce(topic.topicId, batchOf('x'), { leaderEpoch: 2 })).toMatchObject({
      errorCode: errorCode('UNKNOWN_LEADER_EPOCH'),
    });
    expect(await client.produce(topic.topicId, batchOf('x'), { leaderEpoch: 1 })).toMatchObject({ errorCode: 0 });
    const fresh = await client.createTopic('fresh');
    expect(fresh.partitions[0]!.leaderEpoch).toBe(0);
  });

  it('Q3 says which port is taken, and leaves nothing open', async () => {
    const port = await takenPort();
    const dataDir = await testDirectory();
    const error = await errorOf(startBroker({ port, admin: { port: 0 }, dataDir }));
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toContain(`127.0.0.1:${port} (port)`);
    expect(error.message).toContain('another program listens there');
    expect(error.details).toEqual({ setting: 'port', value: port, systemCode: 'EADDRINUSE' });
    // The folder is free again.
    await testBroker({ storage: 'file', dataDir });
  });

  it('Q3 says when the admin port is taken, before it opens anything else', async () => {
    const port = await takenPort();
    const dataDir = join(await testDirectory(), 'data');
    const error = await errorOf(startBroker({ port: 0, admin: { port }, dataDir }));
    expect(error.message).toContain(`127.0.0.1:${port} (admin.port)`);
    await expect(readdir(dataDir)).rejects.toThrow(/ENOENT/);
  });

  it('Q3 says when the data folder belongs to another broker', async () => {
    const dataDir = await testDirectory();
    await testBroker({ storage: 'file', dataDir });
    const error = await errorOf(startBroker({ port: 0, admin: false, dataDir }));
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toContain(dataDir);
  });

  it('Q3 says why the data folder cannot be made', async () => {
    const dataDir = join(await testDirectory(), 'file', 'data');
    await writeFile(join(dataDir, '..'), 'not a folder');
    const error = await errorOf(startBroker({ port: 0, admin: false, dataDir }));
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', details: { setting: 'dataDir', systemCode: 'ENOTDIR' } });
    expect(error.message).toContain(dataDir);
  });

  it('Q3 refuses a wrong setting before it opens anything', async () => {
    const error = await errorOf(startBroker({ port: 99_999 }));
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', details: { setting: 'port', value: '99999' } });
  });

  it('is not ready while it starts', async () => {
    const fileSystem = new FaultyFileSystem();
    const hold = fileSystem.hold('datasync');
    const adminPort = await new Promise<number>((resolve) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const { port } = probe.address() as AddressInfo;
        probe.close(() => resolve(port));
      });
    });
    const starting = startBroker({
      storage: 'file',
      dataDir: '/data',
      fileSystem,
      port: 0,
      admin: { port: adminPort },
    });
    await hold.reached;
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { status: 'starting', reasons: ['the broker reads its data'] },
    ]);
    expect((await fetch(`http://127.0.0.1:${adminPort}/healthz`)).status).toBe(200);
    hold.release();
    const broker = await starting;
    expect((await fetch(`${broker.adminUrl}/readyz`)).status).toBe(200);
    await broker.close();
  });
});
