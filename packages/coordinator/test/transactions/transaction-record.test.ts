import { readFileSync } from 'node:fs';
import { QError } from '@q/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTransactionRecord, encodeTransactionRecord, isPrepared, TransactionImage } from '../../src/index.ts';
import type { PartitionsByTopic, StagedOffset, StoredTransaction, TransactionRecord } from '../../src/index.ts';
import { goldenTransactions } from './golden-transactions.ts';

interface Vector {
  readonly name: string;
  readonly key: string;
  readonly value: string | null;
}

const path = new URL('transaction-records.json', import.meta.url);
const vectors = JSON.parse(readFileSync(path, 'utf8')) as readonly Vector[];

function bytesOf({ key, value }: Vector): [Buffer, Buffer | null] {
  return [Buffer.from(key, 'hex'), value === null ? null : Buffer.from(value, 'hex')];
}

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const producer = fc.record({ producerId: whole, producerEpoch: fc.nat({ max: 32_767 }) });
const partitions: fc.Arbitrary<PartitionsByTopic> = fc
  .dictionary(fc.uuid(), fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 20 }), { maxKeys: 4 })
  .map((sets) => new Map(Object.entries(sets).map(([id, list]) => [id, list.toSorted((a, b) => a - b)])));
const offset: fc.Arbitrary<StagedOffset> = fc.record({
  topicId: fc.uuid(),
  partition: fc.nat(),
  commit: fc.record({
    offset: whole,
    leaderEpoch: fc.integer({ min: -1 }),
    metadata: fc.option(text),
    committedAtMs: whole,
  }),
});
const offsets = fc
  .uniqueArray(fc.tuple(text, fc.array(offset, { minLength: 1, maxLength: 4 })), {
    maxLength: 3,
    selector: ([groupId]) => groupId,
  })
  .map(
    (groups) => new Map(groups.map(([id, list]) => [id, new Map(list.map((o) => [`${o.topicId}/${o.partition}`, o]))])),
  );

const transaction: fc.Arbitrary<StoredTransaction> = fc
  .record({
    transactionalId: text,
    state: fc.constantFrom('empty', 'ongoing', 'prepareCommit', 'prepareAbort', 'completeCommit', 'completeAbort'),
    cause: fc.constantFrom(null, 'producer', 'timeout', 'fence', 'operator'),
    producer,
    previous: fc.option(producer),
    next: producer,
    isRaised: fc.boolean(),
    timeoutMs: fc.nat(),
    changedWallMs: whole,
    startedWallMs: whole,
    partitions,
    offsets,
  })
  .map((any) => {
    const isOpen = isPrepared(any) || any.state === 'ongoing';
    return {
      ...any,
      isRaised: isPrepared(any) && any.isRaised,
      next: isPrepared(any) ? any.next : null,
      startedWallMs: isOpen ? any.startedWallMs : null,
      partitions: isOpen ? any.partitions : new Map(),
      offsets: isOpen ? any.offsets : new Map(),
    };
  });
const record: fc.Arbitrary<TransactionRecord> = fc.oneof(
  transaction.map((stored) => ({ kind: 'transaction' as const, transaction: stored })),
  text.map((transactionalId) => ({ kind: 'gone' as const, transactionalId })),
);

describe('X1 records of transactions', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    'X1 %s has the bytes of its golden vector',
    (name, vector) => {
      const golden = goldenTransactions[name]!;
      const { key, value } = encodeTransactionRecord(golden);
      expect({ key: key.toString('hex'), value: value?.toString('hex') ?? null }).toEqual({
        key: vector.key,
        value: vector.value,
      });
      expect(decodeTransactionRecord(...bytesOf(vector))).toEqual(golden);
    },
  );

  it('X1 has a vector of each', () => {
    expect(vectors.map(({ name }) => name)).toEqual(Object.keys(goldenTransactions));
  });

  it('X1 come back as they were', () => {
    fc.assert(
      fc.property(record, (any) => {
        const { key, value } = encodeTransactionRecord(any);
        expect(decodeTransactionRecord(key, value)).toEqual(any);
      }),
    );
  });

  it('X1 that are damaged are refused, or are no other record by accident of a crash', () => {
    fc.assert(
      fc.property(record, fc.nat(), fc.nat(), (any, cutAt, flipAt) => {
        const { key, value } = encodeTransactionRecord(any);
        const stored = value ?? key;
        const cut = stored.subarray(0, cutAt % stored.length);
        const flipped = Buffer.from(stored);
        flipped[flipAt % stored.length]! ^= 1 << (flipAt & 7);
        for (const damaged of [cut, flipped]) {
          try {
            decodeTransactionRecord(value === null ? damaged : key, value === null ? null : damaged);
          } catch (error) {
            expect(QError.is(error) ? error.code : error).toBe('CORRUPT_LOG');
          }
        }
      }),
    );
  });

  it('X1 of a newer broker are no damage', () => {
    const { key, value } = encodeTransactionRecord(goldenTransactions['ongoing']!);
    const changed = (buffer: Buffer, at: number, to: number): Buffer => {
      const copy = Buffer.from(buffer);
      copy[at] = to;
      return copy;
    };
    expect(decodeTransactionRecord(changed(key, 0, 2), value)).toBeNull();
    expect(decodeTransactionRecord(changed(key, 1, 9), value)).toBeNull();
    for (const at of [0, 1, 2]) expect(decodeTransactionRecord(key, changed(value!, at, 9))).toBeNull();
  });
});

describe('X1 the image of transactions', () => {
  it('X1 has the last record of each id, and its times go on', () => {
    const image = new TransactionImage();
    const golden = goldenTransactions['ongoing'] as TransactionRecord & { kind: 'transaction' };
    const { startedWallMs } = golden.transaction;
    image.apply({ kind: 'transaction', transaction: { ...golden.transaction, transactionalId: 'other' } });
    image.apply(golden);
    image.apply({ kind: 'gone', transactionalId: 'other' });
    const [only, ...rest] = image.transactions({ nowMs: 5_000, wallMs: startedWallMs! + 2_000 });
    expect(rest).toEqual([]);
    expect(only).toMatchObject({ transactionalId: golden.transaction.transactionalId, startedMs: 3_000 });
  });

  it('X1 takes a start in the future for one of now: the wall clock went back', () => {
    const image = new TransactionImage();
    image.apply(goldenTransactions['ongoing']!);
    const [only] = image.transactions({ nowMs: 5_000, wallMs: 0 });
    expect(only).toMatchObject({ startedMs: 5_000, changedMs: 5_000 });
  });
});
