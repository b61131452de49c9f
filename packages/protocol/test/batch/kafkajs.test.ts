import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/batch/encode.ts';
import { iterateRecords } from '../../src/batch/records.ts';
import { assignAppendTime } from '../../src/batch/stamp.ts';
import { validateBatch } from '../../src/batch/validate.ts';
import { Codec, codecNames, compress, decompress } from '../../src/compression/codec.ts';

/*
 * The same layout, read and written by an implementation that is not ours: the record batch code inside kafkajs. It is
 * internal to that package and untyped; the types below say what we use of it.
 */
const require = createRequire(import.meta.url);

interface KafkaEncoder {
  readonly buffer: Buffer;
}
interface KafkaRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | null>>;
  readonly isControlRecord: boolean;
}
interface KafkaBatch {
  readonly firstOffset: string;
  readonly lastOffsetDelta: number;
  readonly maxTimestamp: string;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly inTransaction: boolean;
  readonly records: readonly KafkaRecord[];
}
interface KafkaCodec {
  compress(encoder: KafkaEncoder): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

const KafkaDecoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
const decodeWithKafkajs = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: object,
) => Promise<KafkaBatch>;
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (fields: object) => Promise<KafkaEncoder>;
};
const KafkaRecordEncoder = require('kafkajs/src/protocol/recordBatch/record/v0') as (fields: object) => object;
const { Codecs } = require('kafkajs/src/protocol/message/compression') as { Codecs: Record<number, () => KafkaCodec> };

// kafkajs brings gzip alone and takes the other codecs from outside.
for (const name of ['snappy', 'lz4', 'zstd'] as const) {
  Codecs[Codec[name]] = () => ({
    compress: async ({ buffer }) => compress(name, buffer),
    decompress: async (bytes) => decompress(name, bytes, 1 << 20),
  });
}

const timestampMs = 1_700_000_000_000;
const limits = { uncompressedBytesMax: 1 << 20, recordBytesMax: 1 << 20 };
const producer = { producerId: 4711, producerEpoch: 3, baseSequence: 9 };

describe.each(codecNames)('kafkajs and codec %s', (codec) => {
  it('P3 reads what we write', async () => {
    const batch = encodeBatch(
      [
        {
          key: 'größe',
          value: Buffer.alloc(9000, 'x'),
          timestampMs,
          headers: [
            { key: 'h', value: Buffer.from('1') },
            { key: 'null', value: null },
          ],
        },
        { key: null, value: null, timestampMs: timestampMs - 90_000_000 },
        { key: '', value: '', timestampMs: timestampMs + 5 },
      ],
      { codec, ...producer, baseOffset: 2 ** 40, isTransactional: true },
    );
    const decoded = await decodeWithKafkajs(new KafkaDecoder(batch));
    expect(decoded).toMatchObject({
      firstOffset: `${2 ** 40}`,
      lastOffsetDelta: 2,
      maxTimestamp: `${timestampMs + 5}`,
      inTransaction: true,
    });
    expect(decoded).toMatchObject({ producerId: '4711', producerEpoch: 3, firstSequence: 9 });
    expect(
      decoded.records.map(({ offset, timestamp }) => [Number(offset) - 2 ** 40, Number(timestamp) - timestampMs]),
    ).toEqual([
      [0, 0],
      [1, -90_000_000],
      [2, 5],
    ]);
    expect(decoded.records.map(({ key }) => key?.toString() ?? null)).toEqual(['größe', null, '']);
    expect(decoded.records.map(({ value }) => value?.length ?? null)).toEqual([9000, null, 0]);
    expect(decoded.records[0]?.headers).toEqual({ h: Buffer.from('1'), null: null });
  });

  it('C3 writes what we read', async () => {
    const records = [
      KafkaRecordEncoder({
        offsetDelta: 0,
        timestampDelta: 0,
        key: 'key',
        value: 'x'.repeat(5000),
        headers: { trace: 'abc' },
      }),
      KafkaRecordEncoder({ offsetDelta: 1, timestampDelta: 70_000, key: null, value: null, headers: {} }),
      KafkaRecordEncoder({
        offsetDelta: 2,
        timestampDelta: 3,
        key: Buffer.from([0, 255]),
        value: Buffer.from('日本'),
        headers: {},
      }),
    ];
    const { producerId, producerEpoch, baseSequence: firstSequence } = producer;
    const range = { firstTimestamp: timestampMs, maxTimestamp: timestampMs + 70_000, lastOffsetDelta: 2 };
    const { buffer } = await RecordBatch({
      compression: Codec[codec],
      producerId,
      producerEpoch,
      firstSequence,
      records,
      ...range,
    });
    expect(validateBatch(buffer, limits)).toMatchObject({
      codec,
      ...producer,
      recordsCount: 3,
      baseTimestamp: timestampMs,
    });
    const output = Array.from(iterateRecords(buffer), (record) => [
      record.offset,
      record.timestampMs - timestampMs,
      record.key,
      record.value?.length ?? null,
    ]);
    expect(output).toEqual([
      [0, 0, Buffer.from('key'), 5000],
      [1, 70_000, null, null],
      [2, 3, Buffer.from([0, 255]), 6],
    ]);
    const [first] = iterateRecords(buffer);
    expect(first?.headers).toEqual([{ key: 'trace', value: Buffer.from('abc') }]);
  });
});

it('kafkajs reads log append time as we do', async () => {
  const batch = encodeBatch([{ value: 'v', timestampMs: 5 }]);
  assignAppendTime(batch, timestampMs);
  const { records } = await decodeWithKafkajs(new KafkaDecoder(batch));
  expect(records[0]?.timestamp).toBe(`${timestampMs}`);
});
