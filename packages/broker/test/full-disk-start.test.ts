/**
 * Starts on a disk without room: reads are served, records can be deleted, topics too; records are refused until there
 * is room.
 */
import { DeleteRecords, ListTopics, errorCode } from '@q/protocol';
import { FaultyFileSystem, ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { startBroker } from '../src/index.ts';
import type { Broker } from '../src/index.ts';
import { batchOf, errorOf, testBroker, testClient, valuesOf } from './harness.ts';
import { RawClient } from './raw-client.ts';

const storageLimits = {
  journalMissesBefore: 0,
  journalFiles: 2,
  journalFileBytes: 64 << 10,
  journalPieceBytesMax: 16 << 10,
  diskReserveBytes: 0,
  reserveFileBytes: 256 << 10,
};
const options = { storage: 'file', dataDir: '/data', port: 0, admin: false, storageLimits } as const;
/** Not even a journal file that could be given up. */
const bare = { ...options, storageLimits: { ...storageLimits, journalFiles: 0, reserveFileBytes: 0 } } as const;

interface Filled {
  readonly disk: FaultyFileSystem;
  readonly topicId: string;
}

/** A disk that is full to the last byte, as a killed broker left it. `maintained`: there is room kept for that. */
async function filled(o: { maintained: boolean }): Promise<Filled> {
  const disk = new FaultyFileSystem({ capacityBytes: 1 << 30 });
  const broker = await startBroker({
    ...(o.maintained ? options : bare),
    fileSystem: disk,
    limits: { maintenanceIntervalMs: o.maintained ? 5 : 1 << 30 },
  });
  const client = await RawClient.connect(broker);
  const { topicId } = await client.createTopic('orders');
  await client.createTopic('other');
  for (const value of ['a', 'b', 'c']) await client.produce(topicId, batchOf(value));
  while (o.maintained && !(await disk.readDirectory('/data')).includes('.reserve'))
    await client.produce(topicId, batchOf('d'));
  const killed = disk.killProcess();
  await client.close();
  killed.capacityBytes = killed.usedBytes;
  return { disk: killed, topicId };
}

/** Whoever kills the process of it does not close it: a dead disk never answers. */
async function onFullDisk(
  disk: FaultyFileSystem,
  given: typeof options | typeof bare = options,
): Promise<{ broker: Broker; client: RawClient }> {
  const broker = await startBroker({
    ...given,
    fileSystem: disk,
    limits: { termRetryMs: 5, maintenanceIntervalMs: 1 << 30 },
  });
  return { broker, client: await RawClient.connect(broker) };
}

async function untilTaken(client: RawClient, topicId: string): Promise<void> {
  let answer = await client.produce(topicId, batchOf('after'));
  while (answer.errorCode === errorCode('STORAGE_FULL')) answer = await client.produce(topicId, batchOf('after'));
  expect(answer.errorCode).toBe(0);
}

/**
 * Room for the record that makes a topic, and not for its folders, or for those and not for the record that takes it
 * back.
 */
const roomBytes = Array.from({ length: 12 }, (_, index) => index * 60);

describe('a disk that is full before anybody has looked', () => {
  it.each(roomBytes)(
    'B5 refuses a topic with STORAGE_FULL each time, leaves nothing of it, and makes it when there is room: %d bytes left',
    async (left) => {
      const disk = new FaultyFileSystem({ capacityBytes: 1 << 30 });
      const broker = await testBroker({ ...bare, fileSystem: disk, limits: { maintenanceIntervalMs: 1 << 30 } });
      const client = await testClient(broker);
      await client.createTopic('orders');
      disk.capacityBytes = disk.usedBytes + left;
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(await errorOf(client.createTopic('n1', { partitions: 50 }))).toMatchObject({
          code: 'STORAGE_FULL',
          retriable: true,
        });
        expect((await client.request(ListTopics, { includeInternal: false })).topics.map(({ name }) => name)).toEqual([
          'orders',
        ]);
      }
      disk.capacityBytes = Number.POSITIVE_INFINITY;
      let refused: unknown = 'not tried';
      for (let attempt = 0; attempt < 50 && refused !== null; attempt += 1)
        refused = await client.createTopic('n1', { partitions: 50 }).then(
          () => null,
          (error: unknown) => error,
        );
      expect(refused).toBeNull();
    },
  );
});

describe('a start on a full disk', () => {
  it('S2 B2 without any room that is kept: serves reads, refuses records as its term is not noted, and takes them when there is room', async () => {
    const { disk, topicId } = await filled({ maintained: false });
    const { broker, client } = await onFullDisk(disk, bare);
    expect(valuesOf((await client.fetch(topicId, 0)).records).slice(0, 3)).toEqual(['a', 'b', 'c']);
    expect(await client.produce(topicId, batchOf('x'))).toMatchObject({
      errorCode: errorCode('STORAGE_FULL'),
      errorMessage: expect.stringContaining('disk is full'),
    });
    const { leaderEpoch } = (await client.topic('orders')).partitions[0]!;
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    await untilTaken(client, topicId);
    await client.close();
    await broker.close();
    const again = await testBroker({ ...bare, fileSystem: disk.killProcess() });
    const partition = (await (await testClient(again)).topic('orders')).partitions[0]!;
    expect([leaderEpoch, partition.leaderEpoch]).toEqual([1, 1]);
  });

  it('S2 B2 takes no record in a term that is not noted, though there would be room for it', async () => {
    const before = await filled({ maintained: false });
    before.disk.capacityBytes = Number.POSITIVE_INFINITY;
    await (await startBroker({ ...bare, fileSystem: before.disk })).close();
    const { topicId } = before;
    const disk = before.disk.killProcess();
    const clock = new ManualClock({ startMs: Date.now() });
    disk.fail({ operation: 'write', code: 'ENOSPC', path: /__metadata-0\/.*\.log$/, times: 1_000_000 });
    const broker = await startBroker({ ...bare, fileSystem: disk, clock });
    const client = await RawClient.connect(broker);
    const refused = await client.produce(topicId, batchOf('x'));
    expect(refused).toMatchObject({
      errorCode: errorCode('STORAGE_FULL'),
      errorMessage: expect.stringContaining('could not note its start'),
    });
    await clock.advance(1_000);
    expect(await client.produce(topicId, batchOf('x'))).toMatchObject({ errorCode: errorCode('STORAGE_FULL') });
    disk.faults.clear();
    await clock.advance(1_000);
    await untilTaken(client, topicId);
    await client.close();
    await broker.close();
  });

  it('S2 a term that was never noted is that of the next start, which nobody wrote in', async () => {
    const { disk, topicId } = await filled({ maintained: false });
    const first = await onFullDisk(disk, bare);
    expect(await first.client.produce(topicId, batchOf('x'))).toMatchObject({ errorCode: errorCode('STORAGE_FULL') });
    await first.client.close();
    await first.broker.close();
    const next = disk.killProcess();
    next.capacityBytes = Number.POSITIVE_INFINITY;
    const second = await onFullDisk(next, bare);
    expect((await second.client.topic('orders')).partitions[0]!.leaderEpoch).toBe(1);
    await untilTaken(second.client, topicId);
    await second.client.close();
    await second.broker.close();
  });

  it('S2 T1 Q2 with room that is kept: notes its term, deletes records and topics, again and again', async () => {
    let { disk } = await filled({ maintained: true });
    for (let start = 0; start < 3; start += 1) {
      const { client } = await onFullDisk(disk);
      const { topicId, partitions } = await client.topic('orders');
      expect(partitions[0]!.leaderEpoch).toBe(start + 1);
      const before = (await client.fetch(topicId, 0)).logStartOffset;
      const { partitions: trimmed } = await client.request(DeleteRecords, {
        name: 'orders',
        partitions: [{ partition: 0, beforeOffset: before + 1 }],
      });
      expect(trimmed[0]).toMatchObject({ errorCode: 0, logStartOffset: before + 1 });
      await client.close();
      disk = disk.killProcess();
    }
    const { client, broker } = await onFullDisk(disk);
    await client.deleteTopic('other');
    await client.deleteTopic('orders');
    expect((await client.request(ListTopics, { includeInternal: false })).topics).toEqual([]);
    await client.createTopic('orders');
    await client.close();
    await broker.close();
  });

  it('S2 T1 a deletion that could not be noted is finished later, and does not keep a start from serving', async () => {
    const { disk, topicId } = await filled({ maintained: false });
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    const { broker, client } = await onFullDisk(disk, bare);
    disk.fail({ operation: 'rename', code: 'EIO', path: /other/ });
    await client.deleteTopic('other');
    await client.close();
    await broker.close();
    disk.fail({ operation: 'write', code: 'ENOSPC', path: /__metadata-0\/.*\.log$/, times: 1_000_000 });
    const again = await onFullDisk(disk, bare);
    expect(valuesOf((await again.client.fetch(topicId, 0)).records)[0]).toBe('a');
    expect((await again.client.topic('other')).errorCode).toBe(errorCode('UNKNOWN_TOPIC'));
    expect((await disk.readDirectory('/data')).filter((name) => name.includes('other'))).toEqual([]);
    disk.faults.clear();
    await again.client.close();
    await again.broker.close();
  });
});
