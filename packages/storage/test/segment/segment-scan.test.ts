import { encodeBatch } from '@q/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryFileSystem } from '../../src/file-system/memory-file-system.ts';
import type { File } from '../../src/ports/file-system.ts';
import { findValidBatch, scanSegment } from '../../src/segment/segment-scan.ts';

async function fileOf(...parts: Buffer[]): Promise<{ file: File; bytes: Buffer }> {
  const bytes = Buffer.concat(parts);
  const file = await new MemoryFileSystem().open('/f', 'create');
  await file.write([bytes], 0);
  return { file, bytes };
}

function batchAt(baseOffset: number, valueBytes: number, records = 2): Buffer {
  return encodeBatch(
    Array.from({ length: records }, () => ({ value: Buffer.alloc(valueBytes, 'x') })),
    { baseOffset },
  );
}

async function scan(
  file: File,
  to: number,
  o: { blockBytes?: number; verifyFromOffset?: number; offset?: number; isContiguous?: boolean } = {},
) {
  const seen: [position: number, base: number, last: number][] = [];
  const end = await scanSegment({
    file,
    from: 0,
    to,
    offset: o.offset ?? 0,
    isContiguous: o.isContiguous ?? false,
    verifyFromOffset: o.verifyFromOffset ?? 0,
    blockBytes: o.blockBytes ?? 1 << 20,
    onBatch: ({ position, baseOffset, lastOffset }) => void seen.push([position, baseOffset, lastOffset]),
  });
  return { seen, end };
}

describe('scanSegment', () => {
  it('S2 sees the same batches whatever the size of its blocks, verified or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 12 }),
        fc.integer({ min: 100, max: 2_000 }),
        async (sizes, blockBytes) => {
          const batches = sizes.map((size, index) => batchAt(index * 2, size));
          const { file, bytes } = await fileOf(...batches);
          const whole = await scan(file, bytes.length);
          expect(whole.end).toEqual({ position: bytes.length, nextOffset: sizes.length * 2, problem: null });
          expect(whole.seen.map(([, base]) => base)).toEqual(sizes.map((_, index) => index * 2));
          for (const verifyFromOffset of [0, 7, Number.POSITIVE_INFINITY])
            expect(await scan(file, bytes.length, { blockBytes, verifyFromOffset })).toEqual(whole);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('S2 stops at the first bad batch, at every cut of the file', async () => {
    const batches = [batchAt(0, 20), batchAt(2, 30), batchAt(4, 10)];
    const { bytes } = await fileOf(...batches);
    for (let size = 0; size <= bytes.length; size += 1) {
      const { file } = await fileOf(bytes.subarray(0, size));
      const { end, seen } = await scan(file, size);
      const whole = [0, 1, 2, 3].findLast((count) => Buffer.concat(batches.slice(0, count)).length <= size) as number;
      expect([seen.length, end.nextOffset]).toEqual([whole, whole * 2]);
      expect(end.problem === null).toBe(Buffer.concat(batches.slice(0, whole)).length === size);
    }
  });

  it('S2 names what is wrong', async () => {
    const good = batchAt(0, 20);
    const broken = (change: (batch: Buffer) => unknown): Buffer => {
      const bad = batchAt(2, 20);
      change(bad);
      return bad;
    };
    const cases: [Buffer, string][] = [
      [broken((bad) => bad.writeInt8(1, 16)), 'bad-magic'],
      [broken((bad) => bad.writeInt32BE(3, 8)), 'bad-length'],
      [broken((bad) => bad.writeInt32BE(-1, 8)), 'bad-length'],
      [broken((bad) => bad.writeInt32BE(1 << 30, 8)), 'truncated'],
      [broken((bad) => bad.writeUInt8(bad.readUInt8(70) ^ 1, 70)), 'bad-crc'],
      [broken((bad) => bad.writeBigInt64BE(1n, 0)), 'bad-offset'],
      [broken((bad) => bad.writeBigInt64BE(2n ** 60n, 0)), 'bad-header'],
      [broken((bad) => bad.writeBigInt64BE(2n ** 60n, 35)), 'bad-header'],
      [broken((bad) => bad.writeInt32BE(-5, 23)), 'bad-header'],
      [Buffer.alloc(100), 'bad-length'],
    ];
    for (const [bad, problem] of cases) {
      const { file, bytes } = await fileOf(good, bad);
      expect((await scan(file, bytes.length)).end).toEqual({ position: good.length, nextOffset: 2, problem });
    }
  });

  it('S2 sees an offset that jumps, where compaction cannot have made the gap', async () => {
    const { file, bytes } = await fileOf(batchAt(0, 20), batchAt(9, 20));
    expect((await scan(file, bytes.length)).end).toMatchObject({ nextOffset: 11, problem: null });
    expect((await scan(file, bytes.length, { isContiguous: true })).end).toMatchObject({
      nextOffset: 2,
      problem: 'bad-offset',
    });
  });
});

describe('findValidBatch', () => {
  it('S2 finds a whole batch wherever it begins, in blocks of any size', async () => {
    const noise = Buffer.alloc(3_000, 2);
    for (const at of [0, 1, 77, 990, 2_999]) {
      for (const blockBytes of [200, 1_000, 1 << 20]) {
        const batch = batchAt(40, 300);
        const { file, bytes } = await fileOf(noise.subarray(0, at), batch, noise);
        const found = await findValidBatch({ file, from: 0, to: bytes.length, offset: 10, blockBytes });
        expect(found).toEqual({ position: at, baseOffset: 40 });
      }
    }
  });

  it('S2 finds nothing in noise, nor batches that cannot belong here', async () => {
    const damaged = batchAt(40, 300);
    damaged[200] = 0;
    for (const content of [
      Buffer.alloc(5_000),
      Buffer.alloc(5_000, 2),
      damaged,
      batchAt(3, 50),
      batchAt(2 ** 40, 50),
      batchAt(40, 300).subarray(0, 300),
    ]) {
      const { file, bytes } = await fileOf(content);
      expect(await findValidBatch({ file, from: 0, to: bytes.length, offset: 10, blockBytes: 512 })).toBeNull();
    }
  });
});
