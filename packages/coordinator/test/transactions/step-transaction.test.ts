import { describe, expect, it } from 'vitest';
import { coordinatorLimits, nextTransactionDeadlineMs, producerEpochMax } from '../../src/index.ts';
import { codeOf, DrivenTransaction, topicId, transactionalId } from './driven-transaction.ts';

const timeoutMs = 3_000;

/** A transaction that has written to partitions 0 and 1, and its producer. */
function begun() {
  const driven = new DrivenTransaction();
  const producer = driven.init({ timeoutMs });
  driven.join(producer, 0, 1);
  return { driven, producer };
}

describe('X1 a producer and its transactional id', () => {
  it('X1 gets a producer id of its own in epoch 0, and the next epoch each time it begins anew', () => {
    const driven = new DrivenTransaction();
    expect(driven.init()).toEqual({ producerId: 7, producerEpoch: 0 });
    expect(driven.init()).toEqual({ producerId: 7, producerEpoch: 1 });
    expect(driven.transaction!.state).toBe('empty');
  });

  it('X1 is fenced when another instance begins', () => {
    const { driven, producer } = begun();
    const other = driven.init();
    expect(other.producerEpoch).toBe(2);
    expect(codeOf(driven.join(producer, 0))).toBe('PRODUCER_FENCED');
    expect(codeOf(driven.end(producer, 'commit'))).toBe('PRODUCER_FENCED');
    expect(codeOf(driven.end(producer, 'abort'))).toBe('PRODUCER_FENCED');
    expect(codeOf(driven.step({ kind: 'init', transactionalId, timeoutMs, expected: producer }))).toBe(
      'PRODUCER_FENCED',
    );
  });

  it('X1 is fenced while another instance that begins still waits for the end of the old transaction', () => {
    const { driven, producer } = begun();
    expect(driven.step({ kind: 'init', transactionalId, timeoutMs, expected: null })).toEqual({ kind: 'wait' });
    expect(driven.transaction).toMatchObject({ state: 'prepareAbort', cause: 'fence' });
    expect(codeOf(driven.end(producer, 'abort'))).toBe('PRODUCER_FENCED');
    expect(codeOf(driven.end(producer, 'commit'))).toBe('PRODUCER_FENCED');
    expect(codeOf(driven.join(producer, 2))).toBe('PRODUCER_FENCED');
    const later = { ...producer, producerEpoch: producer.producerEpoch + 9 };
    expect(codeOf(driven.join(later, 2))).toBe('PRODUCER_FENCED');
  });

  it('X1 goes on under its id after an error, and a repeated request gets the same epoch', () => {
    const driven = new DrivenTransaction();
    const first = driven.init();
    const second = driven.init({ expected: first });
    expect(second).toEqual({ producerId: 7, producerEpoch: 1 });
    expect(driven.init({ expected: first })).toEqual(second);
    expect(codeOf(driven.join(first, 0))).toBe('PRODUCER_FENCED');
  });

  it('X1 that names itself by an epoch that another instance has replaced is refused, not taken for a repeat', () => {
    const driven = new DrivenTransaction();
    const first = driven.init();
    driven.init();
    expect(codeOf(driven.step({ kind: 'init', transactionalId, timeoutMs, expected: first }))).toBe('PRODUCER_FENCED');
  });

  it('X1 aborts its own open transaction when it begins anew after an error', () => {
    const { driven, producer } = begun();
    expect(driven.init({ expected: producer })).toEqual({ producerId: 7, producerEpoch: 2 });
    expect(driven.transaction!.partitions.size).toBe(0);
  });

  it('X1 gets another producer id when the epochs are used up, by begin and by end', () => {
    const driven = new DrivenTransaction();
    driven.init();
    const last = { producerId: 7, producerEpoch: producerEpochMax };
    driven.transaction = { ...driven.transaction!, producer: last };
    driven.join(last, 0);
    expect(codeOf(driven.end(last, 'commit'))).toBe('ending');
    // The markers fence in the one epoch that is never handed out.
    expect(driven.transaction.producer).toEqual({ producerId: 7, producerEpoch: producerEpochMax + 1 });
    driven.step({ kind: 'told' });
    expect(driven.transaction.producer).toEqual({ producerId: 8, producerEpoch: 0 });
    expect(driven.end(last, 'commit')).toEqual({ kind: 'producer', producer: { producerId: 8, producerEpoch: 0 } });
    driven.transaction = { ...driven.transaction, producer: { producerId: 8, producerEpoch: producerEpochMax } };
    expect(driven.init()).toEqual({ producerId: 9, producerEpoch: 0 });
  });

  it.each([
    [{ transactionalId: '' }, 'must not be empty'],
    [{ transactionalId: 'x'.repeat(250) }, 'at most 249 characters'],
    [{ transactionalId: 'a\nb' }, 'no control characters'],
    [{ timeoutMs: 0 }, '1 to 900000 ms, not 0'],
    [{ timeoutMs: 900_001 }, '1 to 900000 ms, not 900001'],
  ])('X1 cannot begin with %j', (wrong, message) => {
    const driven = new DrivenTransaction();
    const result = driven.step({ kind: 'init', transactionalId, timeoutMs, expected: null, ...wrong });
    expect(result).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining(message) as string });
    expect(driven.transaction).toBeNull();
  });
});

describe('X1 a transaction', () => {
  it('X1 begins with the first write, and knows what it has touched', () => {
    const { driven, producer } = begun();
    driven.join(producer, 1, 5);
    driven.stage(producer, 'readers', 42);
    expect(driven.transaction).toMatchObject({ state: 'ongoing', startedMs: 1_000 });
    expect(driven.transaction!.partitions).toEqual(new Map([[topicId, [0, 1, 5]]]));
    expect(driven.transaction!.offsets.get('readers')!.get(`${topicId}/0`)!.commit.offset).toBe(42);
  });

  it('X1 stores nothing when it touches again what it has touched', () => {
    const { driven, producer } = begun();
    const stored = driven.records.length;
    expect(driven.join(producer, 0)).toEqual({ kind: 'done' });
    expect(driven.records).toHaveLength(stored);
  });

  it.each(['commit', 'abort'] as const)(
    'X1 raises the epoch with its %s, and is repeated to the same answer',
    (end) => {
      const { driven, producer } = begun();
      expect(driven.end(producer, end)).toEqual({ kind: 'ending' });
      expect(driven.transaction).toMatchObject({
        state: end === 'commit' ? 'prepareCommit' : 'prepareAbort',
        producer: { producerId: 7, producerEpoch: 1 },
      });
      // The answer is lost before and after.
      expect(driven.end(producer, end)).toEqual({ kind: 'ending' });
      const next = { producerId: 7, producerEpoch: 1 };
      expect(driven.step({ kind: 'told' })).toEqual({ kind: 'producer', producer: next });
      expect(driven.end(producer, end)).toEqual({ kind: 'producer', producer: next });
      expect(driven.transaction).toMatchObject({ partitions: new Map(), offsets: new Map(), startedMs: null });
    },
  );

  it('X1 cannot end the other way once it is decided', () => {
    const { driven, producer } = begun();
    driven.end(producer, 'commit');
    expect(codeOf(driven.end(producer, 'abort'))).toBe('INVALID_TRANSACTION_STATE');
    driven.step({ kind: 'told' });
    expect(codeOf(driven.end(producer, 'abort'))).toBe('INVALID_TRANSACTION_STATE');
    expect(driven.transaction!.state).toBe('completeCommit');
  });

  it('X1 cannot be ended by a late end of the one before', () => {
    const { driven, producer } = begun();
    const next = driven.finish(producer, 'commit');
    driven.join(next, 3);
    expect(codeOf(driven.end(producer, 'commit'))).toBe('PRODUCER_FENCED');
    expect(codeOf(driven.end(producer, 'abort'))).toBe('PRODUCER_FENCED');
    expect(driven.transaction!.state).toBe('ongoing');
  });

  it('X1 can be ended by a late end of the one before where no epoch is raised: the hole that is left', () => {
    const { driven, producer } = begun();
    expect(driven.finish(producer, 'commit', { raises: false })).toEqual(producer);
    driven.join(producer, 3);
    expect(driven.end(producer, 'commit', { raises: false })).toEqual({ kind: 'ending' });
  });

  it('X1 takes nothing more while it ends', () => {
    const { driven, producer } = begun();
    driven.end(producer, 'commit', { raises: false });
    expect(codeOf(driven.join(producer, 9))).toBe('CONCURRENT_TRANSACTIONS');
    expect(codeOf(driven.stage(producer, 'readers', 1))).toBe('CONCURRENT_TRANSACTIONS');
  });

  it('X1 without a write has nothing to commit; its abort fences what is still on its way', () => {
    const driven = new DrivenTransaction();
    const producer = driven.init();
    expect(codeOf(driven.end(producer, 'commit'))).toBe('INVALID_TRANSACTION_STATE');
    const next = driven.finish(producer, 'abort');
    expect(next.producerEpoch).toBe(1);
    expect(codeOf(driven.join(producer, 0))).toBe('PRODUCER_FENCED');
    expect(driven.end(producer, 'abort')).toEqual({ kind: 'producer', producer: next });
  });

  it('X1 of an id that nobody has begun with is refused', () => {
    const driven = new DrivenTransaction();
    expect(codeOf(driven.join({ producerId: 1, producerEpoch: 0 }, 0))).toBe('UNKNOWN_TRANSACTIONAL_ID');
  });

  it('X1 is bounded in partitions, groups, offsets and metadata', () => {
    const { transactionPartitionsMax, transactionGroupsMax, transactionOffsetsMax } = coordinatorLimits;
    const { driven, producer } = begun();
    const many = Array.from({ length: transactionPartitionsMax }, (_, index) => index);
    expect(driven.join(producer, ...many)).toEqual({ kind: 'done' });
    expect(codeOf(driven.join(producer, transactionPartitionsMax))).toBe('TRANSACTION_LIMIT');
    for (let group = 0; group < transactionGroupsMax; group += 1) driven.stage(producer, `group ${group}`, 1);
    expect(codeOf(driven.stage(producer, 'one more', 1))).toBe('TRANSACTION_LIMIT');
    const commit = { offset: 1, leaderEpoch: -1, metadata: null, committedAtMs: 0 };
    const offsets = Array.from({ length: transactionOffsetsMax }, (_, partition) => ({ topicId, partition, commit }));
    expect(codeOf(driven.step({ kind: 'stage', producer, groupId: 'group 0', offsets }))).toBe('TRANSACTION_LIMIT');
    const metadata = 'x'.repeat(4096);
    const long = Array.from({ length: 257 }, (_, partition) => ({
      topicId,
      partition,
      commit: { ...commit, metadata },
    }));
    expect(codeOf(driven.step({ kind: 'stage', producer, groupId: 'group 0', offsets: long }))).toBe(
      'TRANSACTION_LIMIT',
    );
  });

  it.each([
    [{ offset: -1 }, '0 or more, not -1'],
    [{ metadata: 'x'.repeat(4097) }, 'at most 4096 characters'],
    [{ metadata: '\ud800' }, 'half a surrogate pair'],
  ])('X2 takes no offset such as %j', (wrong, message) => {
    const { driven, producer } = begun();
    const commit = { offset: 1, leaderEpoch: -1, metadata: null, committedAtMs: 0, ...wrong };
    const offsets = [{ topicId, partition: 0, commit }];
    const result = driven.step({ kind: 'stage', producer, groupId: 'readers', offsets });
    expect(result).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining(message) as string });
  });
});

describe('X1 time', () => {
  it('X1 aborts a transaction that takes too long, in an epoch that fences its producer', () => {
    const { driven, producer } = begun();
    expect(nextTransactionDeadlineMs(driven.transaction!, Infinity)).toBe(1_000 + timeoutMs);
    driven.pass(timeoutMs - 1);
    expect(driven.transaction!.state).toBe('ongoing');
    driven.pass(1);
    expect(driven.transaction).toMatchObject({
      state: 'prepareAbort',
      cause: 'timeout',
      producer: { producerId: 7, producerEpoch: 1 },
    });
    expect(driven.join(producer, 0)).toMatchObject({
      code: 'TRANSACTION_ABORTED',
      message: expect.stringContaining('took longer than its time-out') as string,
    });
  });

  it('X1 tells a producer whose time is over so at whatever it asks, and an abort brings it back', () => {
    const { driven, producer } = begun();
    driven.pass(timeoutMs);
    driven.step({ kind: 'told' });
    for (const result of [
      driven.join(producer, 0),
      driven.stage(producer, 'readers', 1),
      driven.end(producer, 'commit'),
    ])
      expect(codeOf(result)).toBe('TRANSACTION_ABORTED');
    const next = driven.finish(producer, 'abort');
    expect(next).toEqual({ producerId: 7, producerEpoch: 1 });
    driven.join(next, 0);
    expect(driven.finish(next, 'commit').producerEpoch).toBe(2);
  });

  it('X1 answers an abort that comes while the time-out is being told', () => {
    const { driven, producer } = begun();
    driven.pass(timeoutMs);
    expect(driven.end(producer, 'abort')).toEqual({ kind: 'ending' });
  });

  it('X1 brings a producer back whose transaction was aborted in its last epoch', () => {
    const driven = new DrivenTransaction();
    driven.init();
    const last = { producerId: 7, producerEpoch: producerEpochMax };
    driven.transaction = { ...driven.transaction!, producer: last };
    driven.join(last, 0);
    driven.step({ kind: 'abort' });
    driven.step({ kind: 'told' });
    expect(driven.finish(last, 'abort')).toEqual({ producerId: 8, producerEpoch: 0 });
    expect(driven.finish(last, 'abort')).toEqual({ producerId: 8, producerEpoch: 0 });
  });

  it('X1 is aborted by an operator, and its producer hears so', () => {
    const { driven, producer } = begun();
    driven.step({ kind: 'abort' });
    driven.step({ kind: 'told' });
    expect(driven.end(producer, 'commit')).toMatchObject({
      code: 'TRANSACTION_ABORTED',
      message: expect.stringContaining('an operator') as string,
    });
    // There is nothing to abort any more.
    expect(driven.step({ kind: 'abort' })).toEqual({ kind: 'done' });
  });

  it('X1 forgets an id that nobody has used for long, and never one in use', () => {
    const { driven, producer } = begun();
    const expiryMs = 1_000;
    driven.nowMs += 2_000;
    driven.step({ kind: 'tick' }, { expiryMs });
    expect(driven.transaction!.state).toBe('ongoing');
    driven.end(producer, 'commit');
    driven.nowMs += 2_000;
    driven.step({ kind: 'tick' }, { expiryMs });
    expect(driven.transaction!.state).toBe('prepareCommit');
    driven.step({ kind: 'told' });
    driven.nowMs += 999;
    driven.step({ kind: 'tick' }, { expiryMs });
    expect(driven.transaction).not.toBeNull();
    driven.nowMs += 1;
    driven.step({ kind: 'tick' }, { expiryMs });
    expect(driven.transaction).toBeNull();
    expect(driven.records.at(-1)).toEqual({ kind: 'gone', transactionalId });
  });
});

describe('X1 after a start', () => {
  it('X1 adds what a partition holds of a transaction, whatever was stored of it', () => {
    const { driven, producer } = begun();
    driven.step({ kind: 'found', partitions: new Map([[topicId, [8]]]) });
    expect(driven.transaction!.partitions).toEqual(new Map([[topicId, [0, 1, 8]]]));
    driven.end(producer, 'commit');
    driven.step({ kind: 'found', partitions: new Map([[topicId, [9]]]) });
    expect(driven.transaction).toMatchObject({ state: 'prepareCommit' });
    expect(driven.transaction!.partitions).toEqual(new Map([[topicId, [0, 1, 8, 9]]]));
  });

  it('X1 takes up a transaction of which only a partition knows, so that its time-out ends it', () => {
    const driven = new DrivenTransaction();
    driven.init({ timeoutMs });
    driven.step({ kind: 'found', partitions: new Map([[topicId, [8]]]) });
    expect(driven.transaction!.state).toBe('ongoing');
    driven.pass(timeoutMs);
    expect(driven.transaction!.state).toBe('prepareAbort');
  });
});
