import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/batch/encode.ts';
import { iterateRecords } from '../../src/batch/records.ts';
import { openRecords } from '../../src/batch/section.ts';
import { codecNames } from '../../src/compression/codec.ts';
import { errorOf } from '../error-of.ts';
import { rawBatch, withFields } from './raw-batch.ts';

const headers = [{ key: 'h', value: Buffer.from('x') }];
const batch = encodeBatch(
  [
    { key: 'a', value: 'é1' },
    { key: null, value: null },
    { key: '', value: '3', headers },
  ],
  { baseOffset: 100 },
);

describe('iterateRecords', () => {
  it('C1 can begin in the middle of a batch', () => {
    const from = (fromOffset: number): number[] =>
      Array.from(iterateRecords(batch, { fromOffset }), ({ offset }) => offset);
    expect(from(0)).toEqual([100, 101, 102]);
    expect(from(101)).toEqual([101, 102]);
    expect(from(102)).toEqual([102]);
    expect(from(103)).toEqual([]);
  });

  it('can be walked more than once, and left early', () => {
    const records = iterateRecords(batch);
    for (const { offset } of records) {
      expect(offset).toBe(100);
      break;
    }
    expect([...records]).toHaveLength(3);
    expect([...records]).toHaveLength(3);
  });

  it('gives views of the batch, texts, and lengths', () => {
    const [first, second, third] = [...iterateRecords(batch)];
    expect(first?.value?.buffer).toBe(batch.buffer);
    expect([first?.keyText(), first?.valueText(), first?.keyBytes, first?.valueBytes]).toEqual(['a', 'é1', 1, 3]);
    expect([second?.keyText(), second?.valueText(), second?.keyBytes, second?.valueBytes]).toEqual([
      null,
      null,
      -1,
      -1,
    ]);
    expect([third?.keyText(), third?.key?.length, third?.headerCount]).toEqual(['', 0, 1]);
    expect(third?.headers).toEqual([{ key: 'h', value: Buffer.from('x') }]);
    expect(first?.headers).toEqual([]);
  });

  it.each(codecNames)('keeps to the same bounds as a broker with codec %s, for the broker may be hostile', (codec) => {
    const large = encodeBatch([{ value: 'x'.repeat(5000) }], { codec });
    const read = (uncompressedBytesMax: number): unknown => [...iterateRecords(large, { uncompressedBytesMax })];
    expect(errorOf(() => read(4000)).code).toBe('BATCH_TOO_LARGE');
    expect(read(6000)).toHaveLength(1);
  });

  it('fails where the damage is, after the records before it', () => {
    const damaged = rawBatch('0c 00 00 00 01 01 00  0c 00 00 02 01 63 00', { recordsCount: 2, lastOffsetDelta: 1 });
    const seen: number[] = [];
    const error = errorOf(() => {
      for (const { offset } of iterateRecords(damaged)) seen.push(offset);
    });
    expect(seen).toEqual([0]);
    expect(error).toMatchObject({ code: 'INVALID_RECORD', details: { record: 1 } });
  });

  it('finds counts that do not match', () => {
    for (const recordsCount of [-1, 2, 4, 2 ** 31 - 1]) {
      expect(errorOf(() => [...iterateRecords(withFields(batch, { recordsCount }))]).code).toBe('INVALID_RECORD');
    }
  });
});

describe('RecordCursor', () => {
  it('walks without a view for each record', () => {
    const cursor = openRecords(batch);
    const seen: unknown[] = [];
    while (cursor.next())
      seen.push([cursor.index, cursor.offsetDelta, cursor.keyLength, cursor.valueLength, cursor.headerCount]);
    expect(seen).toEqual([
      [0, 0, 1, 3, 0],
      [1, 1, -1, -1, 0],
      [2, 2, 0, 1, 1],
    ]);
    expect(cursor.next()).toBe(false);
  });
});
