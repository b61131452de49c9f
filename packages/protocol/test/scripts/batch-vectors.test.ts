import { describe, expect, it } from 'vitest';
import { checkBatch } from '../../src/batch/check.ts';
import { iterateRecords } from '../../src/batch/records.ts';
import { validateBatch } from '../../src/batch/validate.ts';
import { codecNames } from '../../src/compression/codec.ts';
import { batchVectors } from '../../scripts/batch-vectors.ts';

const vectors = batchVectors();

describe('batch vectors', () => {
  it('W1 are the same on each call and have names of their own', () => {
    expect(batchVectors()).toEqual(vectors);
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
  });

  it('W1 cover every codec and every attribute', () => {
    expect(new Set(vectors.map(({ codec }) => codec))).toEqual(new Set(codecNames));
    const attributes = vectors.reduce((bits, { expect: { attributes: more } }) => bits | more, 0);
    expect(attributes).toBe(0x7f);
    expect(vectors.some(({ expect: { records } }) => records.length === 0)).toBe(true);
  });

  it.each(vectors)('W1 $name: is a valid batch of the log', ({ hex, expect: expected }) => {
    const batch = Buffer.from(hex, 'hex');
    expect(checkBatch(batch, 0, batch.length)).toBe('ok');
    const { records, ...fields } = expected;
    expect(
      validateBatch(batch, { uncompressedBytesMax: 100_000, recordBytesMax: 100_000, origin: 'log' }),
    ).toMatchObject({ ...fields, recordsCount: records.length });
  });

  it('P3 W1 every codec holds the same three records', () => {
    const contents = vectors
      .filter(({ name }) => name.startsWith('codec '))
      .map(({ hex }) =>
        Array.from(iterateRecords(Buffer.from(hex, 'hex')), (record) => [
          record.offset,
          record.timestampMs,
          record.keyText(),
          record.valueText(),
        ]),
      );
    const line = 'the quick brown fox jumps over the lazy dog; ';
    expect(contents).toHaveLength(7);
    for (const records of contents) {
      expect(records).toEqual([
        [1000, 1_700_000_000_000, 'fox', line.repeat(4)],
        [1001, 1_700_000_000_007, 'dog', line.repeat(2)],
        [1002, 1_700_000_000_003, null, line],
      ]);
    }
  });
});
