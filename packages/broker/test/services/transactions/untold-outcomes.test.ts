/**
 * What becomes of a transaction whose outcome cannot be told everywhere.
 */
import { FaultyFileSystem } from '@q/testkit';
import { expect, it } from 'vitest';
import { batchOf, errorOf } from '../../harness.ts';
import { TransactionScene } from './transaction-scene.ts';

const id = 'billing-1';
/** Old segments of it can be damaged. */
const smallSegments = { key: 'segment.bytes', value: '1024' };
const storageLimits = { journalFiles: 0, diskReserveBytes: 0, reserveFileBytes: 0 };
const options = { storage: 'file', dataDir: '/data', storageLimits } as const;

it('X1 keep nobody waiting in a broker that stops before the outcome is told', async () => {
  const fileSystem = new FaultyFileSystem();
  await using scene = await TransactionScene.start({ ...options, fileSystem, limits: { transactionWaitMsMax: 5_000 } });
  const topicId = await scene.topic('orders');
  const producer = await scene.begin(id);
  await scene.write({ topicId }, { producer, texts: ['x'] });
  const held = fileSystem.hold('write', /orders/);
  const ended = errorOf(scene.end(id, producer, 'commit'));
  await held.reached;
  fileSystem.fail({ operation: 'write', code: 'EIO', path: /orders/ });
  const startedMs = performance.now();
  const closed = scene.broker.close();
  held.release();
  expect((await ended).code).toBe('CONCURRENT_TRANSACTIONS');
  await closed;
  expect(performance.now() - startedMs).toBeLessThan(2_500);
});

it('X1 tell an outcome again, unasked, where it could not be stored that it was told', async () => {
  const fileSystem = new FaultyFileSystem();
  await using scene = await TransactionScene.start({ ...options, fileSystem });
  const topicId = await scene.topic('orders');
  const producer = await scene.begin(id);
  await scene.write({ topicId }, { producer, texts: ['x'] });
  const { transactions } = scene.services;
  // The first write is the decision, the second one that it was told.
  fileSystem.fail({ operation: 'write', code: 'ENOSPC', path: /__transactions/, after: 1 });
  const request = { transactionalId: id, producer, outcome: 'commit', raises: false } as const;
  expect((await errorOf(transactions.end(request, scene.caller))).code).toBe('STORAGE_FULL');
  await expect.poll(() => transactions.describe(id, scene.caller).state, { timeout: 10_000 }).toBe('completeCommit');
  expect(await scene.committed(topicId)).toEqual(['x']);
  expect(transactions.numbers.committed).toBe(1);
});

it('X1 are over once the topic is deleted that could not be told', async () => {
  const fileSystem = new FaultyFileSystem();
  await using scene = await TransactionScene.start({ ...options, fileSystem, limits: { transactionWaitMsMax: 200 } });
  const broken = await scene.topic('broken');
  const whole = await scene.topic('whole');
  const producer = await scene.begin(id);
  await scene.write({ topicId: broken }, { producer, texts: ['x'] });
  await scene.write({ topicId: whole }, { producer, texts: ['y'] });
  fileSystem.fail({ operation: 'write', code: 'ENOSPC', path: /broken/, times: 1_000_000 });
  expect((await errorOf(scene.end(id, producer, 'commit'))).code).toBe('CONCURRENT_TRANSACTIONS');
  expect(await scene.committed(whole)).toEqual(['y']);
  expect(scene.services.transactions.describe(id, scene.caller).state).toBe('prepareCommit');
  await scene.services.topicChanges.delete('broken', scene.caller);
  expect((await scene.end(id, producer, 'commit')).producerEpoch).toBe(1);
});

it('X1 do not end where a start has set a partition aside: half a commit is none', async () => {
  const disk = new FaultyFileSystem();
  const limits = { transactionWaitMsMax: 200 };
  // What is dead is never closed: nothing on its disk returns.
  const dead = await TransactionScene.start({ ...options, fileSystem: disk, limits });
  const whole = await dead.topic('whole');
  const broken = await dead.topic('broken', 1, [smallSegments]);
  for (let number = 0; number < 10; number += 1)
    await dead.append({ topicId: broken, partition: 0 }, batchOf(`${number}`.padEnd(200, '.')));
  const producer = await dead.begin(id);
  await dead.write({ topicId: whole }, { producer, texts: ['x'] });
  await dead.write({ topicId: broken }, { producer, texts: ['y'] });
  const fileSystem = disk.killProcess();
  const segment = await fileSystem.open('/data/broken-0/00000000000000000000.log', 'write');
  await segment.write([Buffer.from('!!!!')], 100);
  await segment.close();
  await using scene = await TransactionScene.start({ ...options, fileSystem, limits });
  // One half is there, and the other one not given up: so nothing else begins under the id.
  expect((await errorOf(scene.end(id, producer, 'commit'))).code).toBe('CONCURRENT_TRANSACTIONS');
  expect(await scene.committed(whole)).toEqual(['x']);
  expect(scene.services.transactions.describe(id, scene.caller).state).toBe('prepareCommit');
  await scene.services.topicChanges.delete('broken', scene.caller);
  expect((await scene.end(id, producer, 'commit')).producerEpoch).toBe(1);
});
