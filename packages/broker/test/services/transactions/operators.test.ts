/** What operators see of transactions, and do about them (rows X1, X3). */
import { FaultyFileSystem } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { SaidLines } from '../../fakes/said-lines.ts';
import { batchOf, errorOf, testDirectory } from '../../harness.ts';
import { TransactionScene } from './transaction-scene.ts';

const id = 'billing-1';

describe('X3 operators', () => {
  it('X3 hear that an abort has not reached all that it touches, and of nothing when it has', async () => {
    const fileSystem = new FaultyFileSystem();
    const said = new SaidLines();
    await using scene = await TransactionScene.start({
      storage: 'file',
      dataDir: '/data',
      fileSystem,
      storageLimits: { journalFiles: 0, diskReserveBytes: 0, reserveFileBytes: 0 },
      limits: { transactionWaitMsMax: 20 },
      logger: said.logger,
    });
    const topicId = await scene.topic('orders');
    const producer = await scene.begin(id);
    await scene.write({ topicId }, { producer, texts: ['x'] });
    const { transactions } = scene.services;
    fileSystem.fail({ operation: 'write', code: 'ENOSPC', path: /orders/, times: 2 });
    const { before, after } = await transactions.abort({ transactionalId: id, expected: producer }, scene.caller);
    expect([before.state, after.state]).toEqual(['ongoing', 'prepareAbort']);
    expect(transactions.heldPartitions('orders', scene.caller)).toMatchObject([
      { partition: 0, lastStableOffset: 0, highWatermark: 1, transaction: { transactionalId: id } },
    ]);
    // Asked again, it waits for the same outcome.
    const again = transactions.abort({ transactionalId: id, expected: producer }, scene.caller);
    expect((await again).before.state).toBe('prepareAbort');
    await expect.poll(() => transactions.describe(id, scene.caller).state).toBe('completeAbort');
    expect(transactions.heldPartitions('orders', scene.caller)).toEqual([]);
    expect(said.of('transaction.aborted')).toMatchObject([{ transactionalId: id, state: 'prepareAbort' }]);
  });

  it('X3 do not abort the next transaction of a producer that keeps its epoch', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders');
    const producer = await scene.begin(id);
    const { transactions } = scene.services;
    await scene.write({ topicId }, { producer, texts: ['a'] });
    const { startedWallMs } = transactions.inspect(id, scene.caller);
    await transactions.end({ transactionalId: id, producer, outcome: 'commit', raises: false }, scene.caller);
    await expect.poll(() => Date.now()).toBeGreaterThan(startedWallMs!);
    await scene.write({ topicId }, { producer, texts: ['b'], baseSequence: 1 });
    const expected = { ...producer, startedMs: startedWallMs! };
    const refused = await errorOf(transactions.abort({ transactionalId: id, expected }, scene.caller));
    expect([refused.code, refused.message]).toEqual([
      'INVALID_TRANSACTION_STATE',
      '"billing-1": that transaction has ended, and another one is open now; nothing was aborted',
    ]);
  });

  it('X3 know after a restart since when one is open, and abort it as they have seen it before', async () => {
    const dataDir = await testDirectory();
    await using scene = await TransactionScene.start({ storage: 'file', dataDir });
    const topicId = await scene.topic('orders');
    const producer = await scene.begin(id);
    await scene.write({ topicId }, { producer, texts: ['x'] });
    const seen = scene.services.transactions.inspect(id, scene.caller);
    await scene.restart();
    const { transactions } = scene.services;
    const found = transactions.inspect(id, scene.caller);
    expect(found.startedWallMs).toBe(seen.startedWallMs);
    expect(found.startedMs).toBeCloseTo(seen.startedMs!, -2);
    const expected = { ...producer, startedMs: seen.startedWallMs! };
    const { after } = await transactions.abort({ transactionalId: id, expected }, scene.caller);
    expect(after.state).toBe('completeAbort');
    expect(await scene.committed(topicId)).toEqual([]);
  });

  it('X3 O4 are told of the oldest ones that hang, and not of so many that nothing else could be told', async () => {
    const limits = { healthIntervalMs: 10 };
    await using scene = await TransactionScene.start({ limits, alerts: { transactionHoldsMs: 1 } });
    const topicId = await scene.topic('orders');
    const { health } = scene.services;
    const subjects = (): string[] => health.ownReport().conditions.map(({ subject }) => subject);
    for (let each = 0; each < 25; each += 1)
      await scene.write({ topicId }, { producer: await scene.begin(`id-${each}`), texts: ['x'] });
    await expect.poll(() => subjects().length).toBe(20);
    expect(subjects()).toContain('id-0');
    expect(subjects()).not.toContain('id-24');
  });

  it('X3 find in the log why a transaction ended without its producer', async () => {
    const said = new SaidLines();
    await using scene = await TransactionScene.start({ logger: said.logger });
    const topicId = await scene.topic('orders');
    const first = await scene.begin(id);
    await scene.write({ topicId }, { producer: first, texts: ['x'] });
    const second = await scene.begin(id, { timeoutMs: 20 });
    expect(said.of('transaction.fenced')).toMatchObject([{ transactionalId: id, producerId: first.producerId }]);
    await scene.write({ topicId }, { producer: second, texts: ['y'] });
    await expect.poll(() => said.events).toContain('transaction.timed_out');
    await scene.begin(id);
    expect(said.of('transaction.fenced')).toHaveLength(1);
  });

  it('X3 see who holds a partition back: the oldest there, with what nobody knows of', async () => {
    await using scene = await TransactionScene.start();
    const topicId = await scene.topic('orders', 2);
    const [one, two] = [await scene.begin('a'), await scene.begin('b')];
    await scene.write({ topicId, partition: 1 }, { producer: one, texts: ['x'] });
    await scene.write({ topicId, partition: 1 }, { producer: two, texts: ['y'] });
    await scene.append({ topicId, partition: 0 }, batchOf('plain'));
    const { transactions } = scene.services;
    const held = (): unknown[] =>
      transactions
        .heldPartitions('orders', scene.caller)
        .map(({ partition, producer, transaction }) => [partition, producer.producerId, transaction?.transactionalId]);
    expect(held()).toEqual([[1, one.producerId, 'a']]);
    await scene.end('a', one, 'commit');
    expect(held()).toEqual([[1, two.producerId, 'b']]);
    await scene.end('b', two, 'abort');
    expect(held()).toEqual([]);
    expect((await errorOf(Promise.resolve().then(() => transactions.heldPartitions('no', scene.caller)))).code).toBe(
      'UNKNOWN_TOPIC',
    );
  });
});
