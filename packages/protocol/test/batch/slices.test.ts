import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkWorkBytes,
  codecNames,
  crc32c,
  encodeBatch,
  messageIdHeader,
  peekMessageIds,
  peekMessageIdsInSlices,
  protocolLimits,
  recompressBatch,
  recompressBatchInPool,
  validateBatch,
  validateBatchInSlices,
} from '../../src/index.ts';
import { errorOf } from '../error-of.ts';

const limits = { uncompressedBytesMax: 1 << 24, recordBytesMax: 1 << 20 };

/** Counts how often it is called, and gives way. */
function counted(): { pause: () => Promise<void>; count: () => number } {
  let count = 0;
  const pause = (): Promise<void> => {
    count += 1;
    return new Promise((resolve) => setImmediate(resolve));
  };
  return { pause, count: () => count };
}

describe('a batch that is checked in slices', () => {
  it.each(codecNames)(
    'P3 W3 %s: has the same header, or the same error, as one that is checked at once',
    async (codec) => {
      const batch = encodeBatch(
        Array.from({ length: 50 }, (_, index) => ({
          key: `k${index}`,
          value: 'v'.repeat(index),
          headers: index % 7 === 0 ? [{ key: 'h', value: Buffer.from('x') }] : [],
        })),
        { codec },
      );
      const { pause } = counted();
      expect(await validateBatchInSlices(batch, { ...limits, pause })).toEqual(validateBatch(batch, limits));
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 61, max: batch.length - 1 }),
          fc.integer({ min: 1, max: 255 }),
          async (at, mask) => {
            const damaged = Buffer.from(batch);
            damaged[at]! ^= mask;
            damaged.writeUInt32BE(crc32c(damaged.subarray(21)), 17);
            const atOnce = outcome(() => validateBatch(damaged, limits));
            expect(await validateBatchInSlices(damaged, { ...limits, pause }).then(() => 'valid', describedError)).toBe(
              atOnce,
            );
          },
        ),
        { numRuns: 100 },
      );
    },
  );

  it('W3 gives way after so many records, and after so many headers', async () => {
    const records = protocolLimits.recordsPerSliceMax * 3 + 5;
    const many = encodeBatch(
      Array.from({ length: records }, () => ({ value: null })),
      { codec: 'zstd' },
    );
    const walked = counted();
    expect((await validateBatchInSlices(many, { ...limits, pause: walked.pause })).recordsCount).toBe(records);
    expect(walked.count()).toBe(4);

    const headers = Array.from({ length: protocolLimits.recordsPerSliceMax }, () => ({ key: '', value: null }));
    const heavy = counted();
    await validateBatchInSlices(
      encodeBatch([{ value: null, headers }, { value: null, headers }, { value: null }], { codec: 'gzip' }),
      { ...limits, pause: heavy.pause },
    );
    expect(heavy.count()).toBe(3);
  });

  it('W3 refuses a record that is too large before it walks the headers of it', () => {
    const batch = encodeBatch([
      { value: 'small' },
      { value: null, headers: Array.from({ length: 2000 }, () => ({ key: 'a', value: null })) },
    ]);
    expect(errorOf(() => validateBatch(batch, { ...limits, recordBytesMax: 1000 }))).toMatchObject({
      code: 'RECORD_TOO_LARGE',
      details: { record: 1, bytesMax: 1000 },
    });
  });

  it('S3 is compressed anew as it would be at once', async () => {
    const batch = encodeBatch([{ value: 'v'.repeat(5000) }], { codec: 'lz4' });
    for (const codec of codecNames) {
      const anew = await recompressBatchInPool(batch, codec, counted());
      const atOnce = recompressBatch(batch, codec);
      expect(validateBatch(anew, limits)).toMatchObject({ codec, recordsCount: 1, lastOffset: 0 });
      // The compressed forms may differ: zstd tells its size only when it works at once.
      expect(recompressBatch(anew, 'none').equals(recompressBatch(atOnce, 'none'))).toBe(true);
    }
    expect(await recompressBatchInPool(batch, 'lz4', counted())).toBe(batch);
  });

  it('P4 has the same message ids', async () => {
    const headers = [{ key: messageIdHeader, value: Buffer.from('id-1') }];
    for (const batch of [
      encodeBatch([{ value: 'a', headers }, { value: 'b' }], { codec: 'gzip' }),
      encodeBatch([{ value: 'a' }]),
    ]) {
      expect(await peekMessageIdsInSlices(batch, counted())).toEqual(peekMessageIds(batch));
    }
  });
});

describe('the work that a batch is', () => {
  it.each(codecNames)('W3 %s: is no less than what has to be walked', (codec) => {
    const batch = encodeBatch([{ value: Buffer.alloc(500_000) }], { codec });
    expect(checkWorkBytes(batch)).toBeGreaterThan(500_000);
    expect(checkWorkBytes(batch)).toBeLessThan(1_500_000);
  });

  it('W3 is more when it is compressed anew, and nothing for what is no batch', () => {
    const batch = encodeBatch([{ value: Buffer.alloc(500_000) }], { codec: 'lz4' });
    expect(checkWorkBytes(batch, 'gzip')).toBeGreaterThan(10 * checkWorkBytes(batch));
    expect(checkWorkBytes(batch, 'lz4')).toBe(checkWorkBytes(batch));
    expect(checkWorkBytes(Buffer.alloc(20))).toBe(0);
    expect(checkWorkBytes(Buffer.alloc(100, 0xff))).toBe(0);
  });
});

function outcome(run: () => unknown): string {
  try {
    run();
    return 'valid';
  } catch (error) {
    return describedError(error);
  }
}

function describedError(error: unknown): string {
  const { code, message } = error as { code: string; message: string };
  // Compressed data may be wrong in two ways, of which one or the other is seen first.
  return code === 'CORRUPT_BATCH' ? code : `${code}: ${message}`;
}
