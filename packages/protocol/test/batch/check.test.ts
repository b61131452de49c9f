import { describe, expect, it } from 'vitest';
import { assertBatch, checkBatch, iterateBatches } from '../../src/batch/check.ts';
import { encodeBatch } from '../../src/batch/encode.ts';
import { batchRecordsCount } from '../../src/batch/header.ts';
import { errorOf } from '../error-of.ts';

const one = encodeBatch([{ value: 'one' }]);
const two = encodeBatch([{ value: 'two' }, { value: 'two' }], { codec: 'gzip' });
const sizeBytesMax = 1000;

describe('checkBatch', () => {
  it('finds a whole batch at its position', () => {
    const buffer = Buffer.concat([one, two]);
    expect(checkBatch(buffer, 0, sizeBytesMax)).toBe('ok');
    expect(checkBatch(buffer, one.length, sizeBytesMax)).toBe('ok');
  });

  it('S2 calls a cut-off batch truncated, wherever it is cut', () => {
    for (let length = 0; length < one.length; length += 1)
      expect(checkBatch(one.subarray(0, length), 0, sizeBytesMax)).toBe('truncated');
  });

  it.each([
    ['a length below a header', 8, 48, 'bad-length'],
    ['a negative length', 8, -1, 'bad-length'],
    ['a length over the limit', 8, 989, 'bad-length'],
    ['a length over what is there', 8, 988, 'truncated'],
  ])('S2 tells %s', (_what, at, value, expected) => {
    const damaged = Buffer.from(one);
    damaged.writeInt32BE(value, at);
    expect(checkBatch(damaged, 0, sizeBytesMax)).toBe(expected);
  });

  it('S2 tells a wrong magic and a wrong CRC, even when offsets were assigned', () => {
    const damaged = Buffer.from(one);
    damaged[0] = 1;
    expect(checkBatch(damaged, 0, sizeBytesMax)).toBe('ok');
    damaged[16] = 3;
    expect(checkBatch(damaged, 0, sizeBytesMax)).toBe('bad-magic');
    expect(checkBatch(damaged.subarray(0, 20), 0, sizeBytesMax)).toBe('bad-magic');
    damaged[16] = 2;
    damaged[damaged.length - 1] = 9;
    expect(checkBatch(damaged, 0, sizeBytesMax)).toBe('bad-crc');
    expect(checkBatch(Buffer.alloc(200), 0, sizeBytesMax)).toBe('bad-length');
  });

  it('assertBatch throws what it found', () => {
    assertBatch(one, 0, sizeBytesMax);
    expect(errorOf(() => assertBatch(one, 1, sizeBytesMax))).toMatchObject({
      code: 'CORRUPT_BATCH',
      details: { position: 1 },
    });
  });
});

describe('iterateBatches', () => {
  it('C2 gives the whole batches and leaves a partial one out', () => {
    const buffer = Buffer.concat([one, two, one]);
    const counts = (bytes: Buffer): number[] => Array.from(iterateBatches(bytes), (batch) => batchRecordsCount(batch));
    expect(counts(buffer)).toEqual([1, 2, 1]);
    for (const cut of [1, 30, 61, one.length - 1])
      expect(counts(buffer.subarray(0, buffer.length - cut))).toEqual([1, 2]);
    expect(counts(buffer.subarray(0, 5))).toEqual([]);
    expect(counts(Buffer.alloc(0))).toEqual([]);
  });

  it('gives views, not copies', () => {
    const buffer = Buffer.concat([one, two]);
    const [, second] = [...iterateBatches(buffer)];
    expect(second?.buffer).toBe(buffer.buffer);
    expect(second?.equals(two)).toBe(true);
  });

  it('stops at a damaged batch', () => {
    const buffer = Buffer.concat([one, two, one]);
    buffer[one.length + 70] = 0xff;
    expect(errorOf(() => [...iterateBatches(buffer)])).toMatchObject({
      code: 'CORRUPT_BATCH',
      details: { check: 'bad-crc', position: one.length },
    });
    expect([...iterateBatches(buffer, { verify: false })]).toHaveLength(3);
    buffer.writeInt32BE(-5, one.length + 8);
    expect(errorOf(() => [...iterateBatches(buffer, { verify: false })]).code).toBe('CORRUPT_BATCH');
  });
});
