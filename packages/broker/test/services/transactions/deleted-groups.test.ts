/**
 * What a group was deleted with stays deleted: no transaction commits it a second time.
 */
import { FaultyFileSystem } from '@q/testkit';
import { expect, it } from 'vitest';
import type { BrokerLimits } from '../../../src/index.ts';
import { batchOf, errorOf } from '../../harness.ts';
import { TransactionScene } from './transaction-scene.ts';

const id = 'billing-1';
const groupId = 'readers';
const storageLimits = { journalFiles: 0, diskReserveBytes: 0, reserveFileBytes: 0 };
const options = { storage: 'file', dataDir: '/data', storageLimits } as const;

interface Committed {
  readonly disk: FaultyFileSystem;
  readonly scene: TransactionScene;
  readonly topicId: string;
}

/** A transaction has committed offset 1 of three; that it has been told is not stored yet. */
async function committed(): Promise<Committed> {
  const disk = new FaultyFileSystem();
  const scene = await TransactionScene.start({ ...options, fileSystem: disk });
  const topicId = await scene.topic('orders');
  await scene.append({ topicId, partition: 0 }, batchOf('a', 'b', 'c'));
  await stage(scene, topicId);
  await scene.end(id, scene.services.transactions.describe(id, scene.caller).producer, 'commit');
  return { disk, scene, topicId };
}

async function stage(scene: TransactionScene, topicId: string): Promise<void> {
  const producer = await scene.begin(id);
  await scene.stage({ transactionalId: id, producer }, { groupId, topicId, offset: 1 });
}

/** Another transaction has committed offset 1, and one of its partitions cannot be told so. */
async function telling(limits: Partial<BrokerLimits>): Promise<Committed> {
  const disk = new FaultyFileSystem();
  const scene = await TransactionScene.start({
    ...options,
    fileSystem: disk,
    limits: { transactionWaitMsMax: 200, ...limits },
  });
  const broken = await scene.topic('broken');
  const topicId = await scene.topic('orders');
  await scene.append({ topicId, partition: 0 }, batchOf('a', 'b', 'c'));
  const producer = await scene.begin(id);
  await scene.write({ topicId: broken }, { producer, texts: ['x'] });
  await scene.stage({ transactionalId: id, producer }, { groupId, topicId, offset: 1 });
  disk.fail({ operation: 'write', code: 'ENOSPC', path: /broken/, times: 1_000_000 });
  expect((await errorOf(scene.end(id, producer, 'commit'))).code).toBe('CONCURRENT_TRANSACTIONS');
  expect(await scene.committedOffset(groupId, topicId)).toBe(1);
  return { disk, scene, topicId };
}

async function commit(scene: TransactionScene, topicId: string, offset: number): Promise<void> {
  const partitions = [{ partition: 0, offset, leaderEpoch: -1, metadata: null }];
  const commits = { groupId, memberId: '', memberEpoch: -1, topics: [{ topicId, partitions }] };
  await scene.services.groups.offsets.commit(commits, scene.caller);
}

/** What the group has after a power cut. What is dead is never closed: nothing on its disk returns. */
async function offsetAfterCrash({ disk, topicId }: Committed): Promise<number> {
  await using scene = await TransactionScene.start({ ...options, fileSystem: await disk.crash('none') });
  return await scene.committedOffset(groupId, topicId);
}

it('X2 do not bring a group back that was deleted before a crash', async () => {
  const { scene, ...rest } = await committed();
  await scene.services.groups.changes.deleteGroup(groupId, scene.caller);
  expect(await offsetAfterCrash({ scene, ...rest })).toBe(-1);
});

it('X2 do not replace what was committed after the group was deleted', async () => {
  const { scene, topicId, disk } = await committed();
  await scene.services.groups.changes.deleteGroup(groupId, scene.caller);
  await commit(scene, topicId, 3);
  expect(await offsetAfterCrash({ scene, topicId, disk })).toBe(3);
});

it('X2 do not replace what was committed after all offsets of the group were deleted', async () => {
  const { scene, topicId, disk } = await committed();
  const deletion = { groupId, topics: [{ topicId, partitions: null }] };
  await scene.services.groups.changes.deleteOffsets(deletion, scene.caller);
  await commit(scene, topicId, 3);
  expect(await offsetAfterCrash({ scene, topicId, disk })).toBe(3);
});

it('X2 do not replace a later commit where the next transaction of the producer is under way', async () => {
  const { scene, topicId, disk } = await committed();
  await commit(scene, topicId, 3);
  const { producer } = scene.services.transactions.describe(id, scene.caller);
  const held = disk.hold('write', /__transactions/);
  void scene.stage({ transactionalId: id, producer }, { groupId, topicId, offset: 2 });
  await held.reached;
  expect(await offsetAfterCrash({ scene, topicId, disk })).toBe(3);
});

it('X2 keep a group of which it cannot be stored that its transaction is over', async () => {
  const { scene, topicId, disk } = await committed();
  const { changes } = scene.services.groups;
  disk.fail({ operation: 'write', code: 'ENOSPC', path: /__transactions/ });
  expect((await errorOf(changes.deleteGroup(groupId, scene.caller))).code).toBe('STORAGE_FULL');
  expect(await scene.committedOffset(groupId, topicId)).toBe(1);
  await changes.deleteGroup(groupId, scene.caller);
  await commit(scene, topicId, 3);
  expect(await offsetAfterCrash({ scene, topicId, disk })).toBe(3);
});

it('X2 keep a group from being deleted while they are still told', async () => {
  const { scene, topicId } = await telling({});
  await using _ = scene;
  const { changes } = scene.services.groups;
  expect((await errorOf(changes.deleteGroup(groupId, scene.caller))).code).toBe('CONCURRENT_TRANSACTIONS');
  expect(await scene.committedOffset(groupId, topicId)).toBe(1);
  await scene.services.topicChanges.delete('broken', scene.caller);
  await expect.poll(() => changes.deleteGroup(groupId, scene.caller).catch(() => null), { timeout: 10_000 }).toBe(1);
  expect(await scene.committedOffset(groupId, topicId)).toBe(-1);
});

it('X2 keep a group from expiring while they are still told', async () => {
  const { scene, topicId } = await telling({ groupExpiryMs: 1, groupSweepIntervalMs: 10 });
  await using _ = scene;
  expect(await scene.committedOffset(groupId, topicId)).toBe(1);
  await scene.services.topicChanges.delete('broken', scene.caller);
  await expect.poll(() => scene.committedOffset(groupId, topicId), { timeout: 10_000 }).toBe(-1);
  expect(scene.services.transactions.describe(id, scene.caller).state).toBe('completeCommit');
});
