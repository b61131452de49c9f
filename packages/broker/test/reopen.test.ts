import { CreateTopic, DescribeTopic, Produce, ReopenPartitions, errorCode } from '@q/protocol';
import { FaultyFileSystem, ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { startBroker } from '../src/index.ts';
import { batchOf, errorOf, testBroker, testClient } from './harness.ts';
import type { RawClient } from './raw-client.ts';

const options = { storage: 'file', dataDir: '/data' } as const;
const topic = { name: 'orders', partitions: 2, replicas: 1, configs: [], validateOnly: false };
const firstLog = '/data/orders-0/00000000000000000000.log';

async function produce(
  client: RawClient,
  topicId: string,
  value: string,
): Promise<{ errorCode: number; baseOffset: number }> {
  const partitions = [{ partition: 0, leaderEpoch: -1, records: batchOf(value) }];
  const { topics } = await client.request(Produce, {
    timeoutMs: 1_000,
    topics: [{ topicId, partitions }],
    traceContexts: [],
  });
  return topics[0]!.partitions[0]!;
}

async function troubleOf(client: RawClient): Promise<number[]> {
  return (await client.request(DescribeTopic, { name: 'orders' })).partitions.map(({ errorCode: code }) => code);
}

/** A disk on which a broker has left two records in partition 0 and ended without a word. */
async function filled(): Promise<{ disk: FaultyFileSystem; topicId: string }> {
  const disk = new FaultyFileSystem();
  const broker = await startBroker({ ...options, port: 0, admin: false, fileSystem: disk });
  const client = await testClient(broker);
  const { topicId } = await client.request(CreateTopic, topic);
  await produce(client, topicId, 'first');
  await produce(client, topicId, 'second');
  const next = await disk.crash('none');
  return { disk: next, topicId };
}

describe('a partition in trouble', () => {
  it('S2 is opened again by itself once its files can be read', async () => {
    const { disk, topicId } = await filled();
    disk.fail({ operation: 'read', code: 'EIO', path: /orders-0.*\.log$/ });
    const clock = new ManualClock({ startMs: Date.now() });
    const client = await testClient(await testBroker({ ...options, fileSystem: disk, clock }));
    expect(await troubleOf(client)).toEqual([errorCode('STORAGE_FAILED'), 0]);
    expect(await produce(client, topicId, 'too early')).toMatchObject({
      errorCode: errorCode('NOT_LEADER'),
      errorMessage: expect.stringContaining('tried again') as string,
    });
    await clock.advance(10_000);
    await expect.poll(() => troubleOf(client)).toEqual([0, 0]);
    expect(await produce(client, topicId, 'third')).toMatchObject({ errorCode: 0, baseOffset: 2 });
  });

  it('S2 is opened again by command, at once, and says what is wrong where it cannot be', async () => {
    const { disk, topicId } = await filled();
    disk.fail({ operation: 'read', code: 'EIO', path: /orders-0.*\.log$/, times: 2 });
    const client = await testClient(
      await testBroker({ ...options, fileSystem: disk, clock: new ManualClock({ startMs: Date.now() }) }),
    );
    const reopen = async (partitions: number[] = []): Promise<object[]> => [
      ...(await client.request(ReopenPartitions, { name: 'orders', partitions })).partitions,
    ];
    expect(await reopen()).toEqual([
      { partition: 0, errorCode: errorCode('STORAGE_FAILED'), errorMessage: expect.stringContaining('EIO') as string },
    ]);
    expect(await reopen([1, 0])).toEqual([
      { partition: 0, errorCode: 0, errorMessage: null },
      { partition: 1, errorCode: 0, errorMessage: null },
    ]);
    expect(await reopen()).toEqual([]);
    expect(await produce(client, topicId, 'third')).toMatchObject({ errorCode: 0, baseOffset: 2 });
  });

  it('S2 that is set aside as damaged stays so until its files are put right and somebody says so', async () => {
    const { disk, topicId } = await filled();
    const good = Buffer.from(await disk.readFile(firstLog));
    await disk.damage(firstLog, (bytes) => (bytes.writeUInt8(bytes.readUInt8(70) ^ 1, 70), bytes));
    const clock = new ManualClock({ startMs: Date.now() });
    const client = await testClient(await testBroker({ ...options, fileSystem: disk, clock }));
    const reopen = async (): Promise<number[]> =>
      (await client.request(ReopenPartitions, { name: 'orders', partitions: [] })).partitions.map(
        ({ errorCode: code }) => code,
      );
    expect(await troubleOf(client)).toEqual([errorCode('CORRUPT_LOG'), 0]);
    expect(await reopen()).toEqual([errorCode('CORRUPT_LOG')]);
    await disk.damage(firstLog, () => good);
    for (let round = 0; round < 40; round += 1) await clock.advance(10_000);
    expect(await troubleOf(client)).toEqual([errorCode('CORRUPT_LOG'), 0]);
    expect(await reopen()).toEqual([0]);
    expect(await produce(client, topicId, 'third')).toMatchObject({ errorCode: 0, baseOffset: 2 });
  });

  it('S2 B5 what does not exist, or belongs to the broker, is refused', async () => {
    const client = await testClient(await testBroker());
    await client.request(CreateTopic, topic);
    expect(await errorOf(client.request(ReopenPartitions, { name: 'nope', partitions: [] }))).toMatchObject({
      code: 'UNKNOWN_TOPIC',
    });
    expect(await errorOf(client.request(ReopenPartitions, { name: 'orders', partitions: [0, 2] }))).toMatchObject({
      code: 'UNKNOWN_PARTITION',
    });
    expect((await errorOf(client.request(ReopenPartitions, { name: '__metadata', partitions: [0] }))).code).toMatch(
      /INVALID/,
    );
  });
});
