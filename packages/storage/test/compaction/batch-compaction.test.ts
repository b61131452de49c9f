import {
  batchDeleteHorizonMs,
  batchLastOffset,
  batchRecordsCount,
  encodeBatch,
  iterateRecords,
  readBatchHeader,
} from '@q/protocol';
import type { RecordInput } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { compactBatch, mapKeys } from '../../src/compaction/batch-compaction.ts';
import type { CompactionPass } from '../../src/compaction/batch-compaction.ts';
import { CompactedTransactions } from '../../src/compaction/compacted-transactions.ts';
import { AbortedTransactions } from '../../src/transactions/aborted-transactions.ts';
import { KeyMap } from '../../src/compaction/key-map.ts';

const slices = { uncompressedBytesMax: 1 << 20, pause: async () => {} };

function batchAt(baseOffset: number, records: RecordInput[], o: object = {}): Buffer {
  return encodeBatch(records, { baseOffset, ...o });
}

function pass(map: Record<string, number>, o: Partial<CompactionPass> = {}): CompactionPass {
  const keys = new KeyMap(1 << 20);
  for (const [key, offset] of Object.entries(map)) keys.put(Buffer.from(key), offset);
  return {
    keys,
    mapEnd: 1_000,
    now: 50_000,
    deleteRetentionMs: 100,
    slices,
    transactions: new CompactedTransactions(new AbortedTransactions()),
    lastOffsetOf: () => -1,
    ...o,
  };
}

function contents(batch: Buffer | null): [number, string | null, string | null, number][] {
  return [...iterateRecords(batch!)].map((record) => [
    record.offset,
    record.keyText(),
    record.valueText(),
    record.timestampMs,
  ]);
}

const three: RecordInput[] = [
  { key: 'a', value: '1', timestampMs: 10_000 },
  { key: 'b', value: '2', timestampMs: 10_001 },
  { value: 'keyless', timestampMs: 10_002 },
];

describe('compactBatch', () => {
  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'S4 removes superseded records and keeps offsets (%s)',
    async (codec) => {
      const result = await compactBatch(batchAt(100, three, { codec }), pass({ a: 200, b: 101 }));
      expect(contents(result.batch)).toEqual([
        [101, 'b', '2', 10_001],
        [102, null, 'keyless', 10_002],
      ]);
      expect(batchLastOffset(result.batch!)).toBe(102);
      expect(result).toMatchObject({ recordsRemoved: 1, horizonMs: -1 });
    },
  );

  it('S4 leaves a batch as it is, byte for byte, when nothing goes', async () => {
    const batch = batchAt(100, three);
    expect((await compactBatch(batch, pass({ a: 100, b: 101 }))).batch).toBe(batch);
    expect((await compactBatch(batch, pass({ a: 200, b: 200 }, { mapEnd: 102 }))).batch).toBe(batch);
  });

  it('S4 drops a batch of which nothing is left', async () => {
    expect(await compactBatch(batchAt(0, [{ key: 'a', value: '1' }]), pass({ a: 5 }))).toMatchObject({
      batch: null,
      recordsRemoved: 1,
    });
  });

  it('P4 keeps the last batch of a live producer without its records', async () => {
    const stamp = { producerId: 7, producerEpoch: 1, baseSequence: 40 };
    const batch = batchAt(
      10,
      [
        { key: 'a', value: '1' },
        { key: 'a', value: '2' },
      ],
      stamp,
    );
    const lastOffsetOf = (producerId: number): number => (producerId === 7 ? 11 : -1);
    const { batch: kept } = await compactBatch(batch, pass({ a: 50 }, { lastOffsetOf }));
    expect(readBatchHeader(kept!)).toMatchObject({ ...stamp, baseOffset: 10, lastOffset: 11, recordsCount: 0 });
    // It stays while the producer lives, and goes with it.
    expect(batchRecordsCount((await compactBatch(kept!, pass({}, { lastOffsetOf }))).batch!)).toBe(0);
    expect((await compactBatch(kept!, pass({}))).batch).toBeNull();
  });

  it('S4 keeps a tombstone for delete.retention.ms after the first pass, then removes it', async () => {
    const records: RecordInput[] = [
      { key: 'a', value: null, timestampMs: 10_000 },
      { key: 'b', value: 'x', timestampMs: 9_000 },
    ];
    const first = await compactBatch(batchAt(5, records), pass({ a: 5, b: 6 }, { now: 50_000 }));
    expect(first).toMatchObject({ recordsRemoved: 0, horizonMs: 50_100 });
    expect(batchDeleteHorizonMs(first.batch!)).toBe(50_100);
    expect(contents(first.batch)).toEqual([
      [5, 'a', null, 10_000],
      [6, 'b', 'x', 9_000],
    ]);

    const early = await compactBatch(first.batch!, pass({}, { now: 50_099 }));
    expect(early.batch).toBe(first.batch);
    expect(early.horizonMs).toBe(50_100);

    const due = await compactBatch(first.batch!, pass({}, { now: 50_100 }));
    expect(contents(due.batch)).toEqual([[6, 'b', 'x', 9_000]]);
    expect(due).toMatchObject({ recordsRemoved: 1, horizonMs: -1 });
  });

  it('S4 keeps a tombstone for as long after its own time when the clock of that pass was set back', async () => {
    const batch = batchAt(5, [{ key: 'a', value: null, timestampMs: 50_000 }]);
    const first = await compactBatch(batch, pass({ a: 5 }, { now: 1_000 }));
    expect(first.horizonMs).toBe(50_100);
    expect(contents((await compactBatch(first.batch!, pass({}, { now: 50_099 }))).batch)).toHaveLength(1);
  });

  it('S4 a later value revives a key: the tombstone goes at once', async () => {
    expect((await compactBatch(batchAt(5, [{ key: 'a', value: null }]), pass({ a: 6 }))).batch).toBeNull();
  });
});

describe('KeyMap', () => {
  it('S4 is bounded by bytes, a batch more or less', async () => {
    const keys = new KeyMap(300);
    await mapKeys(
      batchAt(0, [
        { key: 'a', value: '' },
        { key: 'b', value: '' },
        { key: 'a', value: '' },
      ]),
      keys,
      pass({}),
    );
    expect([keys.size, keys.isFull, keys.latest(Buffer.from('a')), keys.latest(Buffer.from('zz'))]).toEqual([
      2,
      false,
      2,
      -1,
    ]);
    await mapKeys(
      batchAt(3, [
        { key: 'c', value: '' },
        { key: 'd', value: '' },
      ]),
      keys,
      pass({}),
    );
    expect([keys.size, keys.isFull]).toEqual([4, true]);
  });

  it('S4 tells keys apart that differ only in bytes that are not UTF-8', async () => {
    const keys = new KeyMap(10_000);
    keys.put(Buffer.from([0xff, 0xfe]), 1);
    keys.put(Buffer.from([0xff, 0xfd]), 2);
    expect([keys.latest(Buffer.from([0xff, 0xfe])), keys.latest(Buffer.from([0xff, 0xfd]))]).toEqual([1, 2]);
  });
});
