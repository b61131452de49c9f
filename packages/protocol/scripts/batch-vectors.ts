import { joinBatch } from '../src/batch/builder.ts';
import { encodeBatch } from '../src/batch/encode.ts';
import { encodeEndMarker } from '../src/batch/end-marker.ts';
import { readBatchHeader, writeBatchHeader } from '../src/batch/header.ts';
import { messageIdHeader } from '../src/batch/message-ids.ts';
import { rebuildBatch } from '../src/batch/rebuild.ts';
import { iterateRecords } from '../src/batch/records.ts';
import { assignAppendTime, assignOffsets } from '../src/batch/stamp.ts';
import { Codec } from '../src/compression/codec.ts';
import type { CodecName } from '../src/compression/codec.ts';

/*
 * Golden vectors of record batches, for readers in other languages. Compressed sections are frozen literals and not
 * made anew: two versions of a compressor may write different bytes, and both are right.
 */

/** A decoded record. `key`, `value` and header values are hex, or null. */
export interface RecordExpectation {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly { readonly key: string; readonly value: string | null }[];
}

export interface BatchExpectation {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly attributes: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly crc: number;
  readonly records: readonly RecordExpectation[];
}

export interface BatchVector {
  readonly name: string;
  readonly codec: CodecName;
  /** The whole batch. */
  readonly hex: string;
  readonly expect: BatchExpectation;
}

const timestampMs = 1_700_000_000_000;
const producer = { producerId: 4711, producerEpoch: 3, baseSequence: 2_147_483_646 };

/** The three records that every codec below has compressed: repetitive, with a null key and timestamps out of order. */
const plainSection =
  'fc0200000006666f78e80274686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f673b2074686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f673b2074686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f673b2074686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f673b2000c801000e0206646f67b40174686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f673b2074686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f673b200066000604015a74686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f673b2000';

const compressedSections: readonly { readonly name: string; readonly codec: CodecName; readonly hex: string }[] = [
  { name: 'codec none', codec: 'none', hex: plainSection },
  {
    name: 'codec gzip',
    codec: 'gzip',
    hex: '1f8b0800000000000003fbc3c4c0c0c096965ff182a9242355a1b03433395b21a928bf3c4f212dbf4221ab34b7a05821bf2cb54801249d935855a990929f6ead304814339c6064e063624bc94fdfc248435bd218d85818a348d3030022bad09f5a010000',
  },
  {
    name: 'codec snappy, raw',
    codec: 'snappy',
    hex: 'da02d8fc0200000006666f78e80274686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f673b050efe2d00ee2d000d2d2c00c801000e0206646f67b401fec00066c000180066000604015ab261000000',
  },
  {
    name: 'codec snappy, xerial framing of two blocks',
    codec: 'snappy',
    hex: '82534e41505059000000000100000001000000429601d8fc0200000006666f78e80274686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f673b050efe2d00662d0000000051c401d0717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f673b2000c801000e0206646f67b401011aa23900b22d00280066000604015a74686520a261000000',
  },
  {
    name: 'codec lz4 frame',
    codec: 'lz4',
    hex: '04224d1860408261000000f128fc0200000006666f78e80274686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f673b0e000f2d0070cf00c801000e0206646f67b401c000477f0066000604015a61001560646f673b200000000000',
  },
  {
    name: 'codec lz4 frame with block and content checksums',
    codec: 'lz4',
    hex: '04224d187440bd61000000f128fc0200000006666f78e80274686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f673b0e000f2d0070cf00c801000e0206646f67b401c000477f0066000604015a61001560646f673b2000435477b900000000b2d2d845',
  },
  {
    name: 'codec zstd',
    codec: 'zstd',
    hex: '28b52ffd605a00cd02008404fc0200000006666f78e80274686520717569636b2062726f776e20666f78206a756d7073206f766572206c617a7920646f673b2000c801000e0206646f67b4010066000604015a00040092619ab3982911a0222461a932',
  },
];

/** Every kind of batch, each with what a reader must get out of it. The same on each call and on each machine. */
export function batchVectors(): BatchVector[] {
  const compressed = compressedSections.map(({ name, codec, hex }) => vector(name, wrapSection(codec, hex)));
  return [...compressed, ...contentVectors(), ...producerVectors(), ...logVectors()];
}

/** What a record may hold. */
function contentVectors(): BatchVector[] {
  return [
    vector('one record', encodeBatch([{ key: 'key', value: 'value', timestampMs }])),
    vector('null key and null value', encodeBatch([{ key: null, value: null, timestampMs }])),
    vector('empty key and empty value', encodeBatch([{ key: '', value: '', timestampMs }])),
    vector(
      'tombstone between two values',
      encodeBatch(
        [
          { key: 'a', value: '1' },
          { key: 'a', value: null },
          { key: 'a', value: '2' },
        ],
        { timestampMs },
      ),
    ),
    vector('text beyond ASCII', encodeBatch([{ key: 'größe', value: '日本語 🦊', timestampMs }])),
    vector(
      'headers',
      encodeBatch([
        { key: 'k', value: 'v', timestampMs, headers: headersOfEveryKind() },
        { value: 'no headers', timestampMs },
      ]),
    ),
    vector(
      'message id',
      encodeBatch([{ value: 'v', timestampMs, headers: [{ key: messageIdHeader, value: Buffer.from('order-42') }] }]),
    ),
    vector(
      'lengths at the edges of varints',
      encodeBatch([63, 64, 8191, 8192].map((length) => ({ value: 'x'.repeat(length), timestampMs }))),
    ),
    vector(
      'negative timestamp deltas',
      encodeBatch(
        [0, -1, -64, -65, -86_400_000].map((delta) => ({ value: `${delta}`, timestampMs: timestampMs + delta })),
      ),
    ),
    vector(
      'timestamp deltas of more than 32 bits',
      encodeBatch([{ timestampMs: 0 }, { timestampMs: 2 ** 32 }, { timestampMs: 2 ** 40 + 1 }]),
    ),
    vector('no timestamps', encodeBatch([{ value: 'a' }, { value: 'b' }])),
  ];
}

function headersOfEveryKind(): { key: string; value: Buffer | null }[] {
  return [
    { key: 'trace', value: Buffer.from('00ff', 'hex') },
    { key: 'null', value: null },
    { key: 'empty', value: Buffer.alloc(0) },
    { key: 'trace', value: Buffer.from('repeated') },
    { key: 'schlüssel', value: Buffer.from('v') },
  ];
}

/** Idempotence and transactions. */
function producerVectors(): BatchVector[] {
  const { producerId, producerEpoch } = producer;
  return [
    vector(
      'idempotent, the sequence about to wrap',
      encodeBatch([{ value: 'a' }, { value: 'b' }, { value: 'c' }], { ...producer, timestampMs }),
    ),
    vector(
      'transactional',
      encodeBatch([{ value: 'in a transaction' }], { ...producer, timestampMs, isTransactional: true }),
    ),
    vector(
      'control: abort',
      encodeEndMarker({ outcome: 'abort', coordinatorEpoch: 7, producerId, producerEpoch, timestampMs }),
    ),
    vector(
      'control: commit',
      encodeEndMarker({ outcome: 'commit', coordinatorEpoch: 7, producerId, producerEpoch, timestampMs }),
    ),
  ];
}

/** What the log makes of a batch. */
function logVectors(): BatchVector[] {
  const offsets = { baseOffset: 9_007_199_254_000_000, leaderEpoch: 12 };
  const appended = encodeBatch([
    { value: 'a', timestampMs: 5 },
    { value: 'b', timestampMs: 3 },
  ]);
  assignAppendTime(appended, timestampMs);
  const three = encodeBatch(
    [
      { key: 'a', value: '1' },
      { key: 'b', value: null },
      { key: 'c', value: '3' },
    ],
    { ...producer, timestampMs, ...offsets },
  );
  const transactional = encodeBatch([{ key: 'a', value: '1' }], { ...producer, timestampMs, isTransactional: true });
  return [
    vector(
      'offsets and leader epoch assigned',
      assigned(encodeBatch([{ value: 'a' }, { value: 'b' }], { timestampMs }), offsets),
    ),
    vector('log append time', appended),
    vector(
      'compacted: a hole in the middle',
      rebuilt(three, (offset) => offset !== offsets.baseOffset + 1),
    ),
    vector(
      'compacted: only the first is left',
      rebuilt(three, (offset) => offset === offsets.baseOffset),
    ),
    vector(
      'compacted: delete horizon',
      rebuilt(three, (offset) => offset > offsets.baseOffset, timestampMs + 86_400_000),
    ),
    vector(
      'compacted: empty',
      rebuilt(three, () => false),
    ),
    vector(
      'compacted: empty, transactional',
      rebuilt(transactional, () => false),
    ),
  ];
}

function assigned(batch: Buffer, offsets: { baseOffset: number; leaderEpoch: number }): Buffer {
  assignOffsets(batch, offsets);
  return batch;
}

function rebuilt(batch: Buffer, keep: (offset: number) => boolean, deleteHorizonMs?: number): Buffer {
  const result = rebuildBatch(batch, ({ offset }) => keep(offset), {
    keepEmpty: true,
    ...(deleteHorizonMs === undefined ? {} : { deleteHorizonMs }),
  });
  return result ?? batch;
}

function wrapSection(codec: CodecName, sectionHex: string): Buffer {
  const batch = joinBatch(Buffer.from(sectionHex, 'hex'));
  writeBatchHeader(batch, {
    baseOffset: 1000,
    leaderEpoch: 0,
    attributes: Codec[codec],
    lastOffsetDelta: 2,
    baseTimestamp: timestampMs,
    maxTimestamp: timestampMs + 7,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    recordsCount: 3,
  });
  return batch;
}

function vector(name: string, batch: Buffer): BatchVector {
  const {
    codec,
    baseOffset,
    lastOffset,
    leaderEpoch,
    producerId,
    producerEpoch,
    baseSequence,
    attributes,
    baseTimestamp,
    maxTimestamp,
    crc,
  } = readBatchHeader(batch);
  const records = Array.from(iterateRecords(batch), (record) => ({
    offset: record.offset,
    timestampMs: record.timestampMs,
    key: toHex(record.key),
    value: toHex(record.value),
    headers: record.headers.map((header) => ({ key: header.key, value: toHex(header.value) })),
  }));
  const expect = {
    baseOffset,
    lastOffset,
    leaderEpoch,
    producerId,
    producerEpoch,
    baseSequence,
    attributes,
    baseTimestamp,
    maxTimestamp,
    crc,
    records,
  };
  return { name, codec, hex: batch.toString('hex'), expect };
}

function toHex(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('hex');
}
