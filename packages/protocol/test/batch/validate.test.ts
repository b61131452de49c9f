import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/batch/encode.ts';
import { encodeEndMarker } from '../../src/batch/end-marker.ts';
import { assignAppendTime, assignOffsets } from '../../src/batch/stamp.ts';
import { rebuildBatch } from '../../src/batch/rebuild.ts';
import { validateBatch, validateBatchInSlices } from '../../src/batch/validate.ts';
import type { ValidateBatchOptions } from '../../src/batch/validate.ts';
import { sealBatch } from '../../src/batch/header.ts';
import { xxHash32 } from '../../src/checksum/xxhash32.ts';
import { codecNames, compress } from '../../src/compression/codec.ts';
import { errorOf } from '../error-of.ts';
import { rawBatch, withFields } from './raw-batch.ts';

const limits = { uncompressedBytesMax: 10_000, recordBytesMax: 5_000 };
const two = encodeBatch([
  { key: 'a', value: '1', timestampMs: 100 },
  { value: '22', timestampMs: 90 },
]);

function refusal(batch: Buffer, options: Partial<ValidateBatchOptions> = {}): string {
  return errorOf(() => validateBatch(batch, { ...limits, ...options })).code;
}

describe('the envelope of a batch', () => {
  it('P2 is accepted when it is true, and gives the header', () => {
    expect(validateBatch(two, limits)).toMatchObject({
      recordsCount: 2,
      lastOffsetDelta: 1,
      baseTimestamp: 100,
      maxTimestamp: 100,
      codec: 'none',
    });
  });

  it('stays valid when the broker assigns offsets', () => {
    const batch = Buffer.from(two);
    assignOffsets(batch, { baseOffset: 12345, leaderEpoch: 6 });
    expect(validateBatch(batch, limits)).toMatchObject({ baseOffset: 12345, lastOffset: 12346, leaderEpoch: 6 });
  });

  it('is refused with a wrong size, in either direction', () => {
    expect(refusal(two.subarray(0, 60))).toBe('CORRUPT_BATCH');
    expect(refusal(two.subarray(0, two.length - 1))).toBe('CORRUPT_BATCH');
    expect(refusal(Buffer.concat([two, two]))).toBe('CORRUPT_BATCH');
    expect(refusal(Buffer.alloc(0))).toBe('CORRUPT_BATCH');
  });

  it('is refused with a wrong CRC, and the message names both', () => {
    const batch = Buffer.from(two);
    batch.writeUInt32BE(0xdeadbeef, 17);
    expect(errorOf(() => validateBatch(batch, limits)).message).toMatch(
      /CRC-32C is 0x[0-9a-f]+, the header says 0xdeadbeef/u,
    );
  });

  it('is refused with another magic', () => {
    const batch = Buffer.from(two);
    batch.writeInt8(1, 16);
    expect(refusal(batch)).toBe('CORRUPT_BATCH');
  });

  it.each([5, 6, 7])('P3 is refused with codec %d', (codec) => {
    expect(refusal(withFields(two, { attributes: codec }))).toBe('UNSUPPORTED_CODEC');
  });

  it.each([0x80, 0x100, 0x8000])('is refused with attribute bit 0x%x, which has no meaning', (attributes) => {
    expect(refusal(withFields(two, { attributes }))).toBe('INVALID_RECORD');
  });

  it('P5 is refused over the limit for batches', () => {
    expect(refusal(two, { batchBytesMax: two.length - 1 })).toBe('BATCH_TOO_LARGE');
    expect(validateBatch(two, { ...limits, batchBytesMax: two.length }).recordsCount).toBe(2);
  });

  it('is refused with 64-bit fields beyond 2^53', () => {
    for (const at of [27, 35, 43]) {
      const batch = Buffer.from(two);
      batch.writeBigInt64BE(2n ** 53n, at);
      sealBatch(batch);
      expect(refusal(batch)).toBe('CORRUPT_BATCH');
    }
  });
});

describe('the counts of a batch', () => {
  it.each([
    ['no records', { recordsCount: 0, lastOffsetDelta: -1 }],
    ['a negative count', { recordsCount: -1, lastOffsetDelta: -2 }],
    ['fewer than the last offset delta says', { recordsCount: 1 }],
    ['more than the last offset delta says', { recordsCount: 3 }],
    ['fewer than there are', { recordsCount: 1, lastOffsetDelta: 0 }],
    ['more than there are', { recordsCount: 3, lastOffsetDelta: 2 }],
  ])('are refused: %s', (_what, fields) => {
    expect(refusal(withFields(two, fields))).toBe('INVALID_RECORD');
  });

  it('are refused over the limit for records', () => {
    expect(refusal(two, { recordsMax: 1 })).toBe('BATCH_TOO_LARGE');
    expect(refusal(withFields(two, { recordsCount: 2 ** 31 - 1, lastOffsetDelta: 2 ** 31 - 2 }))).toBe(
      'BATCH_TOO_LARGE',
    );
  });
});

describe('the records of a batch', () => {
  it('are accepted as the layout has them', () => {
    expect(validateBatch(rawBatch('0c 00 00 00 01 01 00'), limits).recordsCount).toBe(1);
    expect(
      validateBatch(rawBatch('18 00 00 00 02 6b 02 76 02 02 68 01'.replace('18', '16')), limits).recordsCount,
    ).toBe(1);
  });

  it.each([
    ['an empty section', ''],
    ['a length of zero', '00'],
    ['a negative length', '01'],
    ['a length below the smallest record', '0a 00 00 00 01 01'],
    ['a length past the end', '0e 00 00 00 01 01 00'],
    ['bytes after the last record', '0c 00 00 00 01 01 00 00'],
    ['a body longer than its fields', '0e 00 00 00 01 01 00 00'],
    ['a body shorter than its fields', '0c 00 00 00 02 6b 01 00'],
    ['a key length below -1', '0c 00 00 00 03 01 00'],
    ['a key longer than the record', '0c 00 00 00 04 01 00'],
    ['a key longer than any buffer', '14 00 00 00 fe ff ff ff 0f 01 00'],
    ['a value length below -1', '0c 00 00 00 01 03 00'],
    ['a value longer than the record', '0c 00 00 00 01 06 00'],
    ['a negative header count', '0c 00 00 00 01 01 01'],
    ['more headers than bytes', '0c 00 00 00 01 01 02'],
    ['millions of headers', '12 00 00 00 01 01 fe ff ff 0f'],
    ['a null header key', '10 00 00 00 01 01 02 01 01'],
    ['a header key past the end', '10 00 00 00 01 01 02 04 01'],
    ['a header value length below -1', '10 00 00 00 01 01 02 00 03'],
    ['a header value past the end', '10 00 00 00 01 01 02 00 04'],
    ['a length varint of six bytes', '8c 80 80 80 80 00 00 00 00 01 01 00'],
    ['a length varint of more than 32 bits', 'fe ff ff ff 1f 00 00 00 01 01 00'],
    ['an offset varint with bits past the 32nd', '14 00 00 80 80 80 80 10 01 01 00'],
    ['a timestamp varlong of eleven bytes', '20 00 80 80 80 80 80 80 80 80 80 80 00 00 01 01 00'],
    ['a timestamp delta of 2^63', '1e 00 ff ff ff ff ff ff ff ff ff 01 00 01 01 00'],
    ['a timestamp delta of 2^53', '1a 00 80 80 80 80 80 80 80 20 00 01 01 00'],
  ])('are refused with %s', (_what, hex) => {
    expect(refusal(rawBatch(hex, { maxTimestamp: 0 }))).toBe('INVALID_RECORD');
  });

  it.each([
    ['a first one that is not 0', '0c 00 00 02 01 01 00', 1],
    ['a negative one', '0c 00 00 01 01 01 00', 1],
    ['one twice', '0c 00 00 00 01 01 00 0c 00 00 00 01 01 00', 2],
    ['a hole', '0c 00 00 00 01 01 00 0c 00 00 04 01 01 00', 2],
  ])('are refused with wrong offset deltas: %s', (_what, hex, recordsCount) => {
    expect(refusal(rawBatch(hex, { recordsCount, lastOffsetDelta: recordsCount - 1 }))).toBe('INVALID_RECORD');
  });

  it('P5 are refused when one is too large', () => {
    const batch = encodeBatch([{ value: 'small' }, { value: 'x'.repeat(100) }]);
    expect(errorOf(() => validateBatch(batch, { ...limits, recordBytesMax: 100 }))).toMatchObject({
      code: 'RECORD_TOO_LARGE',
      details: { record: 1 },
    });
  });

  it('S4 are refused without a key where keys are required', () => {
    expect(errorOf(() => validateBatch(two, { ...limits, requireKeys: true }))).toMatchObject({
      code: 'KEY_REQUIRED',
      details: { record: 1 },
    });
    const keyed = encodeBatch([{ key: '' }, { key: 'k' }]);
    expect(validateBatch(keyed, { ...limits, requireKeys: true }).recordsCount).toBe(2);
  });

  it('are refused when the greatest timestamp is not what the header says', () => {
    for (const maxTimestamp of [99, 101, -1])
      expect(refusal(withFields(two, { maxTimestamp }))).toBe('INVALID_TIMESTAMP');
  });
});

describe('the compressed records of a batch', () => {
  const compressing = codecNames.filter((name) => name !== 'none');
  const records = two.subarray(61);

  it.each(compressing)('P3 with %s are checked after decompression', (codec) => {
    const attributes = codecNames.indexOf(codec);
    const sealed = (section: Buffer): Buffer =>
      rawBatch(compress(codec, section).toString('hex'), {
        attributes,
        recordsCount: 2,
        lastOffsetDelta: 1,
        baseTimestamp: 100,
        maxTimestamp: 100,
      });
    expect(validateBatch(sealed(records), limits)).toMatchObject({ codec, recordsCount: 2 });
    expect(refusal(sealed(records.subarray(0, records.length - 1)))).toBe('INVALID_RECORD');
    expect(refusal(sealed(Buffer.concat([records, Buffer.alloc(1)])))).toBe('INVALID_RECORD');
    expect(refusal(sealed(records), { uncompressedBytesMax: records.length - 1 })).toBe('BATCH_TOO_LARGE');
    expect(validateBatch(sealed(records), { ...limits, uncompressedBytesMax: records.length }).recordsCount).toBe(2);
  });

  it.each(compressing)('with %s are refused when they do not decompress', (codec) => {
    expect(refusal(rawBatch(records.toString('hex'), { attributes: codecNames.indexOf(codec) }))).toBe('CORRUPT_BATCH');
  });

  it('with linked lz4 blocks are refused from a producer, and read where the log has them', () => {
    const batch = rawBatch(storedLz4(records, 0x40).toString('hex'), {
      attributes: codecNames.indexOf('lz4'),
      recordsCount: 2,
      lastOffsetDelta: 1,
      baseTimestamp: 100,
      maxTimestamp: 100,
    });
    const independent = rawBatch(storedLz4(records, 0x60).toString('hex'), {
      attributes: codecNames.indexOf('lz4'),
      recordsCount: 2,
      lastOffsetDelta: 1,
      baseTimestamp: 100,
      maxTimestamp: 100,
    });
    expect(refusal(batch)).toBe('INVALID_RECORD');
    expect(validateBatch(batch, { ...limits, origin: 'log' }).recordsCount).toBe(2);
    expect(validateBatch(independent, limits).recordsCount).toBe(2);
  });

  it('count against the same limit when they are not compressed', () => {
    expect(refusal(two, { uncompressedBytesMax: records.length - 1 })).toBe('BATCH_TOO_LARGE');
  });
});

/** A frame of one block that is stored as it is. */
function storedLz4(bytes: Buffer, flags: number): Buffer {
  const descriptor = Buffer.from([flags, 0x40]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length + 0x8000_0000);
  const checksum = Buffer.from([(xxHash32(descriptor) >>> 8) & 0xff]);
  return Buffer.concat([Buffer.from('04224d18', 'hex'), descriptor, checksum, size, bytes, Buffer.alloc(4)]);
}

describe('a greatest timestamp that is wrong', () => {
  const correcting = { ...limits, correctsMaxTimestamp: true };

  it('is put right in place with a new CRC where that is wanted, and refused elsewhere', () => {
    const wrong = withFields(two, { maxTimestamp: 90 });
    expect(refusal(Buffer.from(wrong))).toBe('INVALID_TIMESTAMP');
    const header = validateBatch(wrong, correcting);
    expect(wrong.equals(two)).toBe(true);
    expect(header).toEqual(validateBatch(two, limits));
  });

  it('is put right in slices, too', async () => {
    const wrong = withFields(two, { maxTimestamp: 101 });
    const header = await validateBatchInSlices(wrong, { ...correcting, pause: async () => undefined });
    expect(header.maxTimestamp).toBe(100);
    expect(wrong.equals(two)).toBe(true);
  });

  it('is refused all the same where the right one is no time', () => {
    const late = withFields(two, { baseTimestamp: Number.MAX_SAFE_INTEGER });
    expect(refusal(rawDelta(late), { correctsMaxTimestamp: true })).toBe('INVALID_TIMESTAMP');
  });
});

/** The same batch, its first record one millisecond later. */
function rawDelta(batch: Buffer): Buffer {
  const changed = Buffer.from(batch);
  changed[63] = 2;
  sealBatch(changed);
  return changed;
}

describe('flags that a producer may not set', () => {
  const marker = encodeEndMarker({
    outcome: 'commit',
    coordinatorEpoch: 1,
    producerId: 1,
    producerEpoch: 0,
    timestampMs: 5,
  });

  it('are refused unless allowed: control', () => {
    expect(refusal(marker, { allowTransactional: true })).toBe('INVALID_RECORD');
    expect(validateBatch(marker, { ...limits, allowControl: true, allowTransactional: true }).isControl).toBe(true);
  });

  it('are refused unless allowed: transactional', () => {
    const batch = encodeBatch([{ value: 'v' }], {
      isTransactional: true,
      producerId: 1,
      producerEpoch: 0,
      baseSequence: 0,
    });
    expect(refusal(batch)).toBe('INVALID_RECORD');
    expect(validateBatch(batch, { ...limits, allowTransactional: true }).isTransactional).toBe(true);
  });

  it('are refused: log append time, delete horizon', () => {
    const stamped = Buffer.from(two);
    assignAppendTime(stamped, 5000);
    expect(refusal(stamped)).toBe('INVALID_TIMESTAMP');
    const aged = rebuildBatch(two, () => true, { deleteHorizonMs: 50 }) as Buffer;
    expect(refusal(aged)).toBe('INVALID_RECORD');
    for (const batch of [stamped, aged, marker])
      expect(validateBatch(batch, { ...limits, origin: 'log' }).sizeInBytes).toBe(batch.length);
  });
});

describe('the producer of a batch', () => {
  it.each([
    { producerEpoch: -1, baseSequence: 0 },
    { producerEpoch: 0, baseSequence: -1 },
  ])('P4 is refused when incomplete: %o', (stamp) => {
    expect(refusal(withFields(two, { producerId: 7, ...stamp }))).toBe('INVALID_RECORD');
  });

  it('P4 is accepted when complete, and when absent', () => {
    expect(
      validateBatch(withFields(two, { producerId: 7, producerEpoch: 0, baseSequence: 2 ** 31 - 1 }), limits).producerId,
    ).toBe(7);
    expect(
      validateBatch(withFields(two, { producerId: -1, producerEpoch: 0, baseSequence: 0 }), limits).producerId,
    ).toBe(-1);
  });
});

describe('a batch of the log', () => {
  it('may have holes and may be empty, but offsets must rise and fit', () => {
    const origin = 'log' as const;
    const three = encodeBatch([{ value: '1' }, { value: '2' }, { value: '3' }]);
    const holed = rebuildBatch(three, ({ offset }) => offset !== 1) as Buffer;
    const empty = rebuildBatch(three, () => false, { keepEmpty: true }) as Buffer;
    expect(validateBatch(holed, { ...limits, origin })).toMatchObject({ recordsCount: 2, lastOffsetDelta: 2 });
    expect(validateBatch(empty, { ...limits, origin })).toMatchObject({ recordsCount: 0, lastOffsetDelta: 2 });
    expect(refusal(holed)).toBe('INVALID_RECORD');
    expect(refusal(empty)).toBe('INVALID_RECORD');
    expect(refusal(withFields(holed, { lastOffsetDelta: 1 }), { origin })).toBe('INVALID_RECORD');
    expect(refusal(withFields(empty, { lastOffsetDelta: -1 }), { origin })).toBe('INVALID_RECORD');
    expect(
      refusal(rawBatch('0c 00 00 02 01 01 00 0c 00 00 02 01 01 00', { recordsCount: 2, lastOffsetDelta: 5 }), {
        origin,
      }),
    ).toBe('INVALID_RECORD');
  });
});
