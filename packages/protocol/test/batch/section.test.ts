import { describe, expect, it } from 'vitest';
import { codecNames, compress, decompress, encodeBatch, QError, validateBatch } from '../../src/index.ts';
import { openRecords, releaseRecords } from '../../src/batch/section.ts';

const large = Array.from({ length: 8 }, () => ({ value: Buffer.alloc(128 * 1024, 'x') }));
const limits = { uncompressedBytesMax: 64 << 20, recordBytesMax: 1 << 20 };

describe('records that were decompressed', () => {
  it.each(codecNames.filter((codec) => codec !== 'none'))('W3 %s: give their memory back at once', (codec) => {
    const batch = encodeBatch(large, { codec });
    const cursor = openRecords(batch);
    expect(cursor.bytes.length).toBeGreaterThan(1 << 20);
    releaseRecords(cursor, batch);
    expect(cursor.bytes.length).toBe(0);
    // The batch itself is as it was, and is decompressed anew.
    expect(validateBatch(batch, limits).recordsCount).toBe(8);
    expect(validateBatch(batch, limits).recordsCount).toBe(8);
  });

  it('keep the memory that others use too', () => {
    for (const batch of [encodeBatch(large), encodeBatch([{ value: 'small' }], { codec: 'gzip' })]) {
      const cursor = openRecords(batch);
      const { length } = cursor.bytes;
      releaseRecords(cursor, batch);
      expect(cursor.bytes.length).toBe(length);
      expect(cursor.next()).toBe(true);
    }
  });
});

it('W3 gzip that says it becomes too large is refused before anything is decompressed', () => {
  const bomb = compress('gzip', Buffer.alloc(2 << 20));
  // Were it decompressed, this would show as damage.
  bomb.fill(0xff, 20, 40);
  const refusal = (): unknown => decompress('gzip', bomb, 1 << 20);
  expect(refusal).toThrow(QError);
  expect(refusal).toThrow(expect.objectContaining({ code: 'BATCH_TOO_LARGE' }));
});
