import { describe, expect, it } from 'vitest';
import { BatchBuilder } from '../../src/batch/builder.ts';
import { encodeBatch } from '../../src/batch/encode.ts';
import { readBatchHeader } from '../../src/batch/header.ts';
import type { RecordHeader } from '../../src/batch/record.ts';
import { iterateRecords } from '../../src/batch/records.ts';
import { validateBatch } from '../../src/batch/validate.ts';
import { codecNames } from '../../src/compression/codec.ts';
import { errorOf } from '../error-of.ts';

const limits = { uncompressedBytesMax: 1 << 24, recordBytesMax: 1 << 24 };
const timestampMs = 1_700_000_000_000;

describe('BatchBuilder', () => {
  it('Z1 writes the documented bytes', () => {
    const builder = new BatchBuilder({
      codec: 'none',
      bytesMax: 1000,
      producerId: 1,
      producerEpoch: 2,
      baseSequence: 3,
      baseOffset: 4,
      leaderEpoch: 5,
    });
    builder.tryAppend(Buffer.from('k'), Buffer.from('v'), [{ key: 'h', value: null }], 1000);
    builder.tryAppend(null, null, undefined, 999);
    const batch = builder.finish();
    const header =
      '0000000000000004 00000044 00000005 02 crc00000 0000 00000001 00000000000003e8 00000000000003e8 0000000000000001 0002 00000003 00000002';
    const records = '16 00 00 00 02 6b 02 76 02 02 68 01 0c 00 01 02 01 01 00';
    const expected = `${header} ${records}`.replaceAll(' ', '');
    expect(batch.toString('hex').replace(/^(.{34}).{8}/u, '$1crc00000')).toBe(expected);
  });

  it('P5 refuses what would pass its limit, and leaves no trace of it', () => {
    const builder = new BatchBuilder({ codec: 'none', bytesMax: 400 });
    expect(builder.sizeBytes).toBe(61);
    expect(builder.tryAppend(null, 'a'.repeat(200), undefined, timestampMs)).toBe(true);
    const { sizeBytes } = builder;
    expect(builder.tryAppend(null, 'b'.repeat(200), undefined, timestampMs + 9)).toBe(false);
    expect(builder).toMatchObject({ count: 1, sizeBytes });
    expect(builder.tryAppend(null, 'c', undefined, timestampMs)).toBe(true);
    const batch = builder.finish();
    expect(Array.from(iterateRecords(batch), (record) => record.valueText()?.[0])).toEqual(['a', 'c']);
    expect(readBatchHeader(batch).maxTimestamp).toBe(timestampMs);
  });

  it('fills its limit to the last byte', () => {
    const probe = encodeBatch([{ value: 'x'.repeat(50) }, { value: 'y'.repeat(50) }]);
    for (const [bytesMax, fits] of [
      [probe.length, true],
      [probe.length - 1, false],
    ] as const) {
      const builder = new BatchBuilder({ codec: 'none', bytesMax });
      builder.tryAppend(null, 'x'.repeat(50), undefined, -1);
      expect(builder.tryAppend(null, 'y'.repeat(50), undefined, -1)).toBe(fits);
    }
  });

  it('P5 always takes a first record', () => {
    const builder = new BatchBuilder({ codec: 'none', bytesMax: 100 });
    expect(builder.tryAppend('key', Buffer.alloc(300_000, 'x'), undefined, timestampMs)).toBe(true);
    expect(builder.tryAppend('key', null, undefined, timestampMs)).toBe(false);
    expect(validateBatch(builder.finish(), limits).recordsCount).toBe(1);
  });

  it('takes no more records than it may', () => {
    const builder = new BatchBuilder({ codec: 'none', bytesMax: 10_000, recordsMax: 2 });
    const taken = [1, 2, 3].map(() => builder.tryAppend(null, 'v', undefined, timestampMs));
    expect(taken).toEqual([true, true, false]);
  });

  it('encodes text as UTF-8, whatever its length and wherever its buffer ends', () => {
    const short = ['', 'a', 'é', 'aé', '日本', '🦊', '\ud800', 'x'.repeat(12)];
    const long = ['x'.repeat(13), `${'x'.repeat(40)}é`, 'é'.repeat(100), `é日${'x'.repeat(30)}`, '日'.repeat(2000)];
    const texts = [...short, ...long];
    for (const initialBytes of [61, 64, 90, 120, 4096]) {
      for (const text of texts) {
        const builder = new BatchBuilder({ codec: 'none', bytesMax: 1 << 20, initialBytes });
        builder.tryAppend(text, text, [{ key: text, value: Buffer.from(text) }], timestampMs);
        builder.tryAppend(text, 'after', undefined, timestampMs);
        const [first, second] = [...iterateRecords(builder.finish())];
        const utf8 = Buffer.from(text);
        expect([first?.key, first?.value, first?.headers[0]?.value, second?.key]).toEqual([utf8, utf8, utf8, utf8]);
        expect(first?.headers[0]?.key).toBe(utf8.toString());
        expect(second?.valueText()).toBe('after');
      }
    }
  });

  it('takes no text that the end of its buffer cuts off for an ASCII one', () => {
    const text = `${'x'.repeat(30)}é日`;
    for (let initialBytes = 90; initialBytes < 140; initialBytes += 1) {
      const builder = new BatchBuilder({ codec: 'none', bytesMax: initialBytes, initialBytes });
      builder.tryAppend(null, text, undefined, timestampMs);
      expect([...iterateRecords(builder.finish())][0]?.valueText()).toBe(text);
    }
  });

  it.each(codecNames)('holds no large unused rest with codec %s', (codec) => {
    for (const count of [1, 10, 30, 100, 1000, 9000]) {
      const builder = new BatchBuilder({ codec, bytesMax: 1 << 20 });
      for (let index = 0; index < count; index += 1)
        expect(builder.tryAppend(null, Buffer.alloc(100, index), undefined, timestampMs)).toBe(true);
      const batch = builder.finish();
      expect(validateBatch(batch, limits).recordsCount).toBe(count);
      // Small ones lie in Node's shared pool, which serves requests of less than half its size.
      if (batch.length >= Buffer.poolSize / 2)
        expect(batch.length).toBeGreaterThanOrEqual(batch.buffer.byteLength * 0.75);
    }
  });

  it('does not write into a batch it has handed over', () => {
    const batches = Array.from({ length: 40 }, (_, index) => {
      const builder = new BatchBuilder({ codec: 'none', bytesMax: 1 << 20 });
      for (let count = 0; count < 1 + ((index * 7) % 40); count += 1)
        builder.tryAppend(null, Buffer.alloc(100, index), undefined, timestampMs);
      return builder.finish();
    });
    for (const [index, batch] of batches.entries()) {
      validateBatch(batch, limits);
      expect([...iterateRecords(batch)].every((record) => record.value?.equals(Buffer.alloc(100, index)))).toBe(true);
    }
  });

  it('shares no memory with a batch that is built at the same time, nor with full ones before it', () => {
    const fill = (index: number): BatchBuilder => {
      const builder = new BatchBuilder({ codec: index % 2 === 0 ? 'none' : 'lz4', bytesMax: 200_000 });
      while (builder.tryAppend(null, Buffer.alloc(100, index), undefined, timestampMs));
      return builder;
    };
    const finished = [1, 2, 3, 4, 5, 6].map((index) => fill(index).finish());
    const open = [7, 8, 9, 10, 11, 12].map(fill);
    const batches = [...finished, ...open.map((builder) => builder.finish())];
    for (const [at, batch] of batches.entries()) {
      expect(validateBatch(batch, limits).recordsCount).toBeGreaterThan(1700);
      expect([...iterateRecords(batch)].every((record) => record.value?.equals(Buffer.alloc(100, at + 1)))).toBe(true);
    }
  });

  it('P4 takes the producer that was set last', () => {
    const builder = new BatchBuilder({ codec: 'none', bytesMax: 1000 });
    builder.tryAppend(null, 'v', undefined, timestampMs);
    builder.setProducer({ producerId: 1, producerEpoch: 0, baseSequence: 5 });
    builder.setProducer({ producerId: 2, producerEpoch: 1, baseSequence: 0 });
    expect(readBatchHeader(builder.finish())).toMatchObject({ producerId: 2, producerEpoch: 1, baseSequence: 0 });
  });

  it('Z1 writes nothing of an earlier batch into a header', () => {
    const other = new BatchBuilder({
      codec: 'lz4',
      bytesMax: 1000,
      producerId: 1,
      producerEpoch: 2,
      baseSequence: 3,
      baseOffset: 4,
      leaderEpoch: 5,
      isTransactional: true,
    });
    const plain = new BatchBuilder({ codec: 'none', bytesMax: 1000 });
    other.tryAppend(null, 'v', undefined, timestampMs);
    other.tryAppend(null, 'v', undefined, timestampMs + 1);
    plain.tryAppend(null, 'v', undefined, -1);
    const none = { producerId: -1, producerEpoch: -1, baseSequence: -1, baseOffset: 0, leaderEpoch: -1, attributes: 0 };
    expect(readBatchHeader(other.finish())).toMatchObject({
      producerId: 1,
      baseOffset: 4,
      isTransactional: true,
      codec: 'lz4',
      recordsCount: 2,
    });
    expect(readBatchHeader(plain.finish())).toMatchObject({
      ...none,
      lastOffsetDelta: 0,
      baseTimestamp: -1,
      maxTimestamp: -1,
      recordsCount: 1,
    });
  });

  it('is spent after finish', () => {
    const builder = new BatchBuilder({ codec: 'none', bytesMax: 1000 });
    builder.tryAppend(null, 'v', undefined, timestampMs);
    builder.finish();
    expect(errorOf(() => builder.finish()).code).toBe('CLOSED');
    expect(errorOf(() => builder.tryAppend(null, 'v', undefined, timestampMs)).code).toBe('CLOSED');
    expect(errorOf(() => builder.setProducer({ producerId: 1, producerEpoch: 0, baseSequence: 0 })).code).toBe(
      'CLOSED',
    );
  });

  it('makes no batch of no records', () => {
    expect(errorOf(() => new BatchBuilder({ codec: 'none', bytesMax: 1000 }).finish()).code).toBe('INVALID_RECORD');
  });

  it.each([Number.NaN, 1.5, Number.POSITIVE_INFINITY, 2 ** 53])('refuses the timestamp %d', (timestamp) => {
    const builder = new BatchBuilder({ codec: 'none', bytesMax: 1000 });
    expect(errorOf(() => builder.tryAppend(null, 'v', undefined, timestamp)).code).toBe('INVALID_TIMESTAMP');
    expect(builder.count).toBe(0);
  });
});

describe('the short way for usual records', () => {
  /** A list of headers, though empty, takes the careful way. */
  function build(
    headers: readonly RecordHeader[] | undefined,
    records: readonly (readonly [bytes: number, timestampMs: number])[],
  ): Buffer {
    const builder = new BatchBuilder({ codec: 'none', bytesMax: 1 << 20, initialBytes: 1 << 20 });
    for (const [bytes, atMs] of records)
      expect(builder.tryAppend(null, Buffer.alloc(bytes, bytes), headers, atMs)).toBe(true);
    return builder.finish();
  }

  it('P1 writes what the careful way writes, at every length and time where a number takes a byte more', () => {
    const sizes = [0, 1, 55, 56, 57, 58, 63, 64, 100, 119, 127, 128, 8_100, 8_121, 8_128, 8_129, 9_000];
    const deltas = [0, 1, 63, 64, 8_191, 8_192, 1_000_000, 0.0, -1, -5_000];
    const records = sizes.flatMap((bytes) => deltas.map((delta) => [bytes, 1_700_000_000_000 + delta] as const));
    expect(build(undefined, records).equals(build([], records))).toBe(true);
  });

  it('P1 also for so many records that their number takes a byte more', () => {
    const records = Array.from(
      { length: 9_000 },
      (_, index) => [index % 90, 1_700_000_000_000 + (index >> 6)] as const,
    );
    expect(build(undefined, records).equals(build([], records))).toBe(true);
  });

  it('P1 ends at the same record as the careful way', () => {
    const counts = [undefined, []].map((headers) => {
      const builder = new BatchBuilder({ codec: 'none', bytesMax: 5_000, recordsMax: 40 });
      let count = 0;
      while (builder.tryAppend(null, Buffer.alloc(100 + count), headers, 1_000)) count += 1;
      return [count, builder.sizeBytes];
    });
    expect(counts[0]).toEqual(counts[1]);
    expect(() =>
      new BatchBuilder({ codec: 'none', bytesMax: 5_000 }).tryAppend(null, Buffer.alloc(1), undefined, 0.5),
    ).toThrow('timestamp');
  });
});
