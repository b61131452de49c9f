/**
 * What is not stored has not happened, and what is stored happens once, whatever comes between.
 */
import { rm } from 'node:fs/promises';
import { FaultyFileSystem } from '@q/testkit';
import { expect, it } from 'vitest';
import { batchOf, errorOf, testDirectory } from '../../harness.ts';
import { TransactionScene } from './transaction-scene.ts';

const id = 'billing-1';
const storageLimits = { journalFiles: 0, diskReserveBytes: 0, reserveFileBytes: 0 };
const noRoom = { operation: 'write', code: 'ENOSPC', path: /__transactions/ } as const;

it('X1 may be aborted where the decision to commit was not stored, and then show nothing', async () => {
  const fileSystem = new FaultyFileSystem();
  await using scene = await TransactionScene.start({ storage: 'file', dataDir: '/data', fileSystem, storageLimits });
  const topicId = await scene.topic('orders');
  const producer = await scene.begin(id);
  await scene.write({ topicId }, { producer, texts: ['x'] });
  fileSystem.fail(noRoom);
  expect((await errorOf(scene.end(id, producer, 'commit'))).code).toBe('STORAGE_FULL');
  await scene.end(id, producer, 'abort');
  await scene.append({ topicId, partition: 0 }, batchOf('plain'));
  expect(await scene.committed(topicId)).toEqual(['plain']);
});

it('X1 acknowledge no batch before it is stored what it is part of', async () => {
  const fileSystem = new FaultyFileSystem();
  await using scene = await TransactionScene.start({ storage: 'file', dataDir: '/data', fileSystem, storageLimits });
  const topicId = await scene.topic('orders');
  const producer = await scene.begin(id);
  fileSystem.fail(noRoom);
  expect((await errorOf(scene.write({ topicId }, { producer, texts: ['x'] }))).code).toBe('STORAGE_FULL');
  await scene.write({ topicId }, { producer, texts: ['x'] });
  await scene.end(id, producer, 'commit');
  expect(await scene.committed(topicId)).toEqual(['x']);
});

it('X2 commit offsets once: after a crash a later commit is not replaced by them', async () => {
  const disk = new FaultyFileSystem();
  const options = { storage: 'file', dataDir: '/data', storageLimits } as const;
  // What is dead is never closed: nothing on its disk returns.
  const dead = await TransactionScene.start({ ...options, fileSystem: disk });
  const topicId = await dead.topic('orders');
  await dead.append({ topicId, partition: 0 }, batchOf('a', 'b', 'c'));
  const producer = await dead.begin(id);
  await dead.stage({ transactionalId: id, producer }, { groupId: 'readers', topicId, offset: 1 });
  await dead.end(id, producer, 'commit');
  const commits = { groupId: 'readers', memberId: '', memberEpoch: -1 };
  const partitions = [{ partition: 0, offset: 3, leaderEpoch: -1, metadata: null }];
  await dead.services.groups.offsets.commit({ ...commits, topics: [{ topicId, partitions }] }, dead.caller);
  const fileSystem = await disk.crash('none');
  await using scene = await TransactionScene.start({ ...options, fileSystem });
  expect(await scene.committedOffset('readers', topicId)).toBe(3);
});

it('X1 are ended after a start where a partition has them open and nobody knows of them', async () => {
  const dataDir = await testDirectory();
  const scene = await TransactionScene.start({ storage: 'file', dataDir });
  const topicId = await scene.topic('orders');
  const producer = await scene.begin(id);
  await scene.write({ topicId }, { producer, texts: ['hangs'] });
  await scene.append({ topicId, partition: 0 }, batchOf('waits'));
  await scene.broker.close();
  await rm(`${dataDir}/__transactions-0`, { recursive: true });
  await using again = await TransactionScene.start({ storage: 'file', dataDir });
  await expect.poll(() => again.committed(topicId)).toEqual(['waits']);
});

it('X1 go on within 3 s of a start that finds 10,000 of them open after a power cut', async () => {
  const count = 10_000;
  const partitions = 12;
  const disk = new FaultyFileSystem();
  const options = { storage: 'file', dataDir: '/data' } as const;
  const dead = await TransactionScene.start({ ...options, fileSystem: disk });
  const topicId = await dead.topic('orders', partitions);
  const open = async (_: unknown, index: number): Promise<void> => {
    const producer = await dead.begin(`id-${index}`, { timeoutMs: 600_000 });
    await dead.write({ topicId, partition: index % partitions }, { producer, texts: ['x'] });
  };
  await Promise.all(Array.from({ length: count }, open));
  const fileSystem = await disk.crash('all');
  const startedMs = performance.now();
  await using scene = await TransactionScene.start({ ...options, fileSystem });
  const { transactions } = scene.services;
  await scene.end('id-0', transactions.describe('id-0', scene.caller).producer, 'commit');
  expect(performance.now() - startedMs).toBeLessThan(3_000);
  expect(transactions.list(scene.caller).filter(({ state }) => state === 'ongoing')).toHaveLength(count - 1);
  expect(await scene.committed(topicId)).toEqual(['x']);
}, 60_000);
