import { encodeBatch } from '@q/protocol';
import { FaultyFileSystem } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { batchOf, errorOf, testDirectory } from '../../harness.ts';
import { FakeCaller } from '../../fakes/fake-caller.ts';
import { TransactionScene } from './transaction-scene.ts';

const id = 'billing-1';

describe('X1 transactions of a broker', () => {
  it('X1 show all partitions together, to whoever asks right after the commit', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders', 2);
    const producer = await scene.begin(id);
    await scene.write({ topicId, partition: 0 }, { producer, texts: ['a', 'b'] });
    await scene.write({ topicId, partition: 1 }, { producer, texts: ['c'] });
    expect([await scene.committed(topicId, 0), await scene.committed(topicId, 1)]).toEqual([[], []]);
    const next = await scene.end(id, producer, 'commit');
    expect([await scene.committed(topicId, 0), await scene.committed(topicId, 1)]).toEqual([['a', 'b'], ['c']]);
    expect(next).toEqual({ producerId: producer.producerId, producerEpoch: 1 });
  });

  it('X1 show nothing of what was aborted', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders');
    const producer = await scene.begin(id);
    await scene.write({ topicId }, { producer, texts: ['aborted'] });
    const next = await scene.end(id, producer, 'abort');
    await scene.write({ topicId }, { producer: next, texts: ['committed'] });
    await scene.end(id, next, 'commit');
    expect(await scene.committed(topicId)).toEqual(['committed']);
  });

  it('X1 follow each other without a pause, each in its epoch', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders');
    let producer = await scene.begin(id);
    for (let round = 0; round < 20; round += 1) {
      await scene.write({ topicId }, { producer, texts: [`${round}`] });
      producer = await scene.end(id, producer, round % 3 === 0 ? 'abort' : 'commit');
    }
    expect(producer.producerEpoch).toBe(20);
    const kept = Array.from({ length: 20 }, (_, round) => round).filter((round) => round % 3 !== 0);
    expect(await scene.committed(topicId)).toEqual(kept.map(String));
  });

  it('X1 refuse what a fenced producer writes, ends or stages', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders');
    const old = await scene.begin(id);
    await scene.write({ topicId }, { producer: old, texts: ['old'] });
    const next = await scene.begin(id);
    const refused = [
      () => scene.write({ topicId }, { producer: old, texts: ['zombie'], baseSequence: 1 }),
      () => scene.end(id, old, 'commit'),
      () => scene.stage({ transactionalId: id, producer: old }, { groupId: 'g', topicId, offset: 0 }),
    ];
    for (const attempt of refused) expect((await errorOf(attempt())).code).toBe('PRODUCER_FENCED');
    await scene.write({ topicId }, { producer: next, texts: ['new'] });
    await scene.end(id, next, 'commit');
    expect(await scene.committed(topicId)).toEqual(['new']);
  });

  it('X1 refuse a batch of a producer that has begun with no transactional id', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders');
    const producer = { producerId: 4711, producerEpoch: 0 };
    expect((await errorOf(scene.write({ topicId }, { producer, texts: ['x'] }))).code).toBe('UNKNOWN_TRANSACTIONAL_ID');
  });

  it('X1 hold back plain records behind an open transaction, and let them through when it ends', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders');
    const producer = await scene.begin(id);
    await scene.write({ topicId }, { producer, texts: ['open'] });
    await scene.append({ topicId, partition: 0 }, batchOf('plain'));
    expect(await scene.committed(topicId)).toEqual([]);
    await scene.end(id, producer, 'abort');
    expect(await scene.committed(topicId)).toEqual(['plain']);
  });

  it('X1 abort themselves when they take too long, and tell their producer so', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders');
    const producer = await scene.begin(id, { timeoutMs: 30 });
    await scene.write({ topicId }, { producer, texts: ['slow'] });
    await expect.poll(() => scene.services.transactions.describe(id, scene.caller).state).toBe('completeAbort');
    expect((await errorOf(scene.end(id, producer, 'commit'))).code).toBe('TRANSACTION_ABORTED');
    const next = await scene.end(id, producer, 'abort');
    await scene.write({ topicId }, { producer: next, texts: ['again'] });
    await scene.end(id, next, 'commit');
    expect(await scene.committed(topicId)).toEqual(['again']);
    expect(scene.services.transactions.numbers).toMatchObject({ committed: 1, aborted: { timeout: 1 } });
  });

  it('X1 abort themselves, also where the disk had no room for that when their time was over', async () => {
    const fileSystem = new FaultyFileSystem({ capacityBytes: 1 << 30 });
    const storageLimits = { diskReserveBytes: 0, reserveFileBytes: 0 };
    const said: unknown[] = [];
    const note = (fields: object): void => void said.push((fields as { event?: string }).event);
    const logger = { debug: note, info: note, warn: note, error: note };
    const options = { storage: 'file', dataDir: '/data', fileSystem, storageLimits, logger } as const;
    await using scene = await TransactionScene.start(options);
    const topicId = await scene.topic('orders');
    const producer = await scene.begin(id, { timeoutMs: 100 });
    await scene.write({ topicId }, { producer, texts: ['slow'] });
    fileSystem.capacityBytes = fileSystem.usedBytes;
    await expect.poll(() => said).toContain('state.not_stored');
    fileSystem.capacityBytes = 1 << 30;
    await expect.poll(() => scene.services.transactions.describe(id, scene.caller).state).toBe('completeAbort');
  });

  it('X1 are aborted by an operator', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders');
    const producer = await scene.begin(id);
    await scene.write({ topicId }, { producer, texts: ['hangs'] });
    await scene.append({ topicId, partition: 0 }, batchOf('waits'));
    await scene.services.transactions.abort({ transactionalId: id }, scene.caller);
    expect(await scene.committed(topicId)).toEqual(['waits']);
  });

  it('X1 end although a topic that they wrote to was deleted', async () => {
    await using scene = await TransactionScene.start();
    const [gone, stays] = [await scene.topic('gone'), await scene.topic('stays')];
    const producer = await scene.begin(id);
    await scene.write({ topicId: gone }, { producer, texts: ['x'] });
    await scene.write({ topicId: stays }, { producer, texts: ['y'] });
    await scene.services.topicChanges.delete('gone', scene.caller);
    await scene.end(id, producer, 'commit');
    expect(await scene.committed(stays)).toEqual(['y']);
  });
});

it('X1 A3 SEC-12 takes no batch of somebody who may write to the topic and not under the transactional id', async () => {
  const security = { mechanisms: ['SCRAM-SHA-256'], superUsers: ['User:alice'] } as const;
  await using scene = await TransactionScene.start({ security });
  scene.caller = callerNamed('User:alice');
  const topicId = await scene.topic('orders');
  const producer = await scene.begin(id);
  const writes = { patternType: 'literal', principal: 'User:mallory', host: '*', permission: 'allow' } as const;
  const rule = { ...writes, operation: 'write', resourceType: 'topic', resourceName: 'orders' } as const;
  await scene.services.access.add(rule, scene.caller);
  scene.caller = callerNamed('User:mallory');
  const error = await errorOf(scene.write({ topicId }, { producer, texts: ['not mine'] }));
  expect(error).toMatchObject({
    code: 'NOT_AUTHORIZED',
    details: { resourceType: 'transactionalId', resourceName: id },
  });
  expect((await errorOf(scene.end(id, producer, 'commit'))).code).toBe('NOT_AUTHORIZED');
  expect((await errorOf(scene.begin(id))).code).toBe('NOT_AUTHORIZED');
});

function callerNamed(name: string): FakeCaller {
  return Object.defineProperty(new FakeCaller(), 'principal', { value: { name } });
}

describe('X2 offsets in transactions', () => {
  it('X2 are committed with the transaction, and not before', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders');
    await scene.append({ topicId, partition: 0 }, batchOf('a', 'b', 'c'));
    const producer = await scene.begin(id);
    const claim = { transactionalId: id, producer };
    expect(await scene.stage(claim, { groupId: 'readers', topicId, offset: 2 })).toMatchObject([
      { partitions: [{ partition: 0, error: null }] },
    ]);
    expect(await scene.committedOffset('readers', topicId)).toBe(-1);
    expect(scene.services.transactions.unstableOffsets(new Set(['readers', 'x']))).toEqual(
      new Map([['readers', new Set([`${topicId}/0`])]]),
    );
    await scene.end(id, producer, 'commit');
    expect(await scene.committedOffset('readers', topicId)).toBe(2);
    expect(scene.services.transactions.unstableOffsets(new Set(['readers'])).size).toBe(0);
  });

  it('X2 are forgotten with an abort', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders');
    await scene.append({ topicId, partition: 0 }, batchOf('a'));
    const producer = await scene.begin(id);
    await scene.stage({ transactionalId: id, producer }, { groupId: 'readers', topicId, offset: 1 });
    await scene.end(id, producer, 'abort');
    expect(await scene.committedOffset('readers', topicId)).toBe(-1);
  });

  it('X2 the later commit counts, not the one that was staged later', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders');
    await scene.append({ topicId, partition: 0 }, batchOf('a', 'b', 'c', 'd', 'e', 'f'));
    const producer = await scene.begin(id);
    await scene.stage({ transactionalId: id, producer }, { groupId: 'readers', topicId, offset: 5 });
    const plain = { partition: 0, offset: 3, leaderEpoch: -1, metadata: null };
    const commits = { groupId: 'readers', memberId: '', memberEpoch: -1, topics: [{ topicId, partitions: [plain] }] };
    await scene.services.groups.offsets.commit(commits, scene.caller);
    await scene.end(id, producer, 'commit');
    expect(await scene.committedOffset('readers', topicId)).toBe(5);
  });

  it('X2 are committed by each transaction of a producer that keeps its epoch, and after a restart not again', async () => {
    const dataDir = await testDirectory();
    await using scene = await TransactionScene.start({ storage: 'file', dataDir });
    const topicId = await scene.topic('orders');
    await scene.append({ topicId, partition: 0 }, batchOf('a', 'b', 'c'));
    const producer = await scene.begin(id);
    const claim = { transactionalId: id, producer };
    for (const offset of [1, 2]) {
      await scene.stage(claim, { groupId: 'readers', topicId, offset });
      const request = { ...claim, outcome: 'commit', raises: false } as const;
      expect(await scene.services.transactions.end(request, scene.caller)).toEqual(producer);
      expect(await scene.committedOffset('readers', topicId)).toBe(offset);
    }
    await scene.restart();
    await scene.stage(claim, { groupId: 'readers', topicId, offset: 3 });
    await scene.services.transactions.end({ ...claim, outcome: 'commit', raises: false }, scene.caller);
    expect(await scene.committedOffset('readers', topicId)).toBe(3);
  });

  it('X2 beyond the end of the partition are refused, and the others staged', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders');
    const producer = await scene.begin(id);
    const [topic] = await scene.stage({ transactionalId: id, producer }, { groupId: 'readers', topicId, offset: 9 });
    expect(topic!.partitions[0]!.error!.code).toBe('OFFSET_OUT_OF_RANGE');
  });
});

describe('X1 transactions across restarts', () => {
  it('X1 go on where they were, with all that they have touched', async () => {
    const dataDir = await testDirectory();
    await using scene = await TransactionScene.start({ storage: 'file', dataDir });
    const topicId = await scene.topic('orders');
    const first = await scene.begin(id);
    await scene.write({ topicId }, { producer: first, texts: ['before'] });
    await scene.append({ topicId, partition: 0 }, batchOf('plain'));
    await scene.stage({ transactionalId: id, producer: first }, { groupId: 'readers', topicId, offset: 1 });
    await scene.restart();
    await scene.write({ topicId }, { producer: first, texts: ['after'], baseSequence: 1 });
    expect(await scene.committed(topicId)).toEqual([]);
    await scene.end(id, first, 'commit');
    expect(await scene.committed(topicId)).toEqual(['before', 'plain', 'after']);
    expect(await scene.committedOffset('readers', topicId)).toBe(1);
    await scene.restart();
    expect(await scene.committed(topicId)).toEqual(['before', 'plain', 'after']);
    expect(await scene.committedOffset('readers', topicId)).toBe(1);
    expect((await scene.end(id, first, 'commit')).producerEpoch).toBe(1);
  });

  it('X1 end what is open in a partition and that nobody knows of', async () => {
    const dataDir = await testDirectory();
    await using scene = await TransactionScene.start({ storage: 'file', dataDir });
    const topicId = await scene.topic('orders');
    const producer = await scene.begin(id);
    await scene.write({ topicId }, { producer, texts: ['x'] });
    // A second one, of a producer that is known by its batch alone.
    const stray = encodeBatch([{ value: 'stray' }], {
      producerId: 999,
      producerEpoch: 3,
      baseSequence: 0,
      isTransactional: true,
    });
    expect((await errorOf(scene.append({ topicId, partition: 0 }, stray))).code).toBe('UNKNOWN_TRANSACTIONAL_ID');
    await scene.end(id, producer, 'commit');
    expect(await scene.committed(topicId)).toEqual(['x']);
  });
});
