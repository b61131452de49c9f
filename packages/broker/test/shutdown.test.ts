import { FaultyFileSystem } from '@q/testkit';
import { errorCode } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { startBroker } from '../src/index.ts';
import { batchOf, testBroker, testClient, valuesOf } from './harness.ts';
import { RawClient } from './raw-client.ts';

describe('close', () => {
  it('B6 gives the same promise to everybody', async () => {
    const broker = await testBroker();
    const closing = broker.close();
    expect(broker.close()).toBe(closing);
    await closing;
  });

  it('B6 ends long polls at once, with what they have', async () => {
    const broker = await testBroker();
    const client = await testClient(broker);
    const { topicId } = await client.createTopic('orders');
    const polling = client.fetch(topicId, 0, { maxWaitMs: 60_000 });
    await client.topic('orders');
    const closing = broker.close();
    expect(await polling).toMatchObject({ errorCode: 0, highWatermark: 0 });
    await closing;
  });

  it('B6 answers what is in flight, and keeps it', async () => {
    const fileSystem = new FaultyFileSystem();
    const options = { storage: 'file', dataDir: '/data', fileSystem, port: 0, admin: false } as const;
    const broker = await startBroker(options);
    const client = await RawClient.connect(broker);
    const { topicId } = await client.createTopic('orders');
    const hold = fileSystem.hold('datasync');
    const producing = client.produce(topicId, batchOf('in flight'));
    await hold.reached;
    const closing = broker.close();
    hold.release();
    expect(await producing).toMatchObject({ errorCode: 0, baseOffset: 0 });
    await client.closed;
    await closing;

    const again = await testBroker(options);
    expect(valuesOf((await (await testClient(again)).fetch(topicId, 0)).records)).toEqual(['in flight']);
  });

  it('B6 does not wait longer than it was told', async () => {
    const fileSystem = new FaultyFileSystem();
    const broker = await startBroker({ storage: 'file', dataDir: '/data', fileSystem, port: 0, admin: false });
    const client = await RawClient.connect(broker);
    const { topicId } = await client.createTopic('orders');
    const hold = fileSystem.hold('datasync');
    const producing = client.produce(topicId, batchOf('stuck')).catch((error: unknown) => error);
    await hold.reached;
    const closing = broker.close({ timeoutMs: 20 });
    await client.closed;
    expect(await producing).toMatchObject({ code: 'CONNECTION_LOST' });
    hold.release();
    await closing;
  });

  it('takes no new connection while it stops', async () => {
    const broker = await testBroker();
    const client = await testClient(broker);
    const closing = broker.close();
    await expect(RawClient.connect(broker)).rejects.toThrow(/ECONNREFUSED|hung up/);
    await closing;
    await client.closed;
  });
});

describe('a failing disk', () => {
  it('S2 a full disk refuses writes, serves reads, and takes writes again when there is room', async () => {
    const fileSystem = new FaultyFileSystem();
    const broker = await testBroker({ storage: 'file', dataDir: '/data', fileSystem });
    const [client, other] = [await testClient(broker), await testClient(broker)];
    const { topicId } = await client.createTopic('orders');
    await client.produce(topicId, batchOf('before'));

    fileSystem.capacityBytes = fileSystem.usedBytes + 50;
    const refused = await client.produce(topicId, batchOf('x'.repeat(10_000)));
    expect(refused).toMatchObject({ errorCode: errorCode('STORAGE_FULL'), baseOffset: -1 });
    expect(valuesOf((await other.fetch(topicId, 0)).records)).toEqual(['before']);

    fileSystem.capacityBytes = Number.POSITIVE_INFINITY;
    expect(await client.produce(topicId, batchOf('after'))).toMatchObject({ errorCode: 0, baseOffset: 1 });
    expect(valuesOf((await other.fetch(topicId, 0)).records)).toEqual(['before', 'after']);
  });

  it('B2 after a failed sync nothing is acknowledged any more, and the program is told', async () => {
    const fileSystem = new FaultyFileSystem();
    const fatal: Error[] = [];
    const broker = await startBroker({
      storage: 'file',
      dataDir: '/data',
      fileSystem,
      port: 0,
      admin: { port: 0 },
      onFatal: (error) => void fatal.push(error),
    });
    const client = await RawClient.connect(broker);
    const { topicId } = await client.createTopic('orders');
    fileSystem.fail({ operation: 'datasync', code: 'EIO', times: 1 });
    expect(await client.produce(topicId, batchOf('lost'))).toMatchObject({ errorCode: errorCode('STORAGE_FAILED') });
    expect(await client.produce(topicId, batchOf('later'))).toMatchObject({ errorCode: errorCode('STORAGE_FAILED') });
    expect(fatal).toMatchObject([{ code: 'STORAGE_FAILED' }]);
    expect((await fetch(`${broker.adminUrl}/readyz`)).status).toBe(503);
    await client.close();
    await broker.close().catch(() => undefined);
  });

  it('S4 at the cap on all bytes writes are refused with an error that may be retried', async () => {
    const broker = await testBroker({ storageMaxBytes: 20_000 });
    const client = await testClient(broker);
    const { topicId } = await client.createTopic('orders');
    let answer = await client.produce(topicId, batchOf('x'.repeat(5000)));
    for (let sent = 1; sent < 10 && answer.errorCode === 0; sent += 1)
      answer = await client.produce(topicId, batchOf('x'.repeat(5000)));
    expect(answer).toMatchObject({ errorCode: errorCode('STORAGE_FULL') });
    expect((await client.fetch(topicId, 0)).errorCode).toBe(0);
  });
});
