import {
  attributesAt,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  batchHeaderBytes,
  crcAt,
  lastOffsetDeltaAt,
  leaderEpochAt,
  lengthAt,
  magicAt,
  maxTimestampAt,
  producerEpochAt,
  producerIdAt,
  recordsCountAt,
} from '../src/batch/layout.ts';

export interface LayoutField {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
  /** Where the field begins, when that is fixed. */
  readonly at?: number;
}

const header: readonly LayoutField[] = [
  { at: baseOffsetAt, name: 'baseOffset', type: 'i64', doc: 'Offset of the first record. The broker sets it; send 0.' },
  { at: lengthAt, name: 'length', type: 'i32', doc: 'Bytes that follow this field: total size - 12.' },
  {
    at: leaderEpochAt,
    name: 'partitionLeaderEpoch',
    type: 'i32',
    doc: 'Leader epoch under which the batch was written. The broker sets it; send -1.',
  },
  { at: magicAt, name: 'magic', type: 'i8', doc: 'Always 2.' },
  { at: crcAt, name: 'crc', type: 'u32', doc: 'CRC-32C (Castagnoli) of everything from attributes to the end.' },
  { at: attributesAt, name: 'attributes', type: 'i16', doc: 'See the bits below.' },
  {
    at: lastOffsetDeltaAt,
    name: 'lastOffsetDelta',
    type: 'i32',
    doc: 'Offset of the last record minus baseOffset. Stays when compaction removes records.',
  },
  {
    at: baseTimestampAt,
    name: 'baseTimestamp',
    type: 'i64',
    doc: 'Timestamp of the first record, ms since 1970; -1 = none.',
  },
  {
    at: maxTimestampAt,
    name: 'maxTimestamp',
    type: 'i64',
    doc: 'Largest timestamp of a record; with log append time, the timestamp of all of them.',
  },
  { at: producerIdAt, name: 'producerId', type: 'i64', doc: 'Id from INIT_PRODUCER; -1 = not idempotent.' },
  { at: producerEpochAt, name: 'producerEpoch', type: 'i16', doc: 'Epoch from INIT_PRODUCER; -1 = not idempotent.' },
  {
    at: baseSequenceAt,
    name: 'baseSequence',
    type: 'i32',
    doc: 'Sequence number of the first record, counted per producer and partition from 0, wrapping from 2^31-1 to 0; -1 = not idempotent.',
  },
  { at: recordsCountAt, name: 'recordsCount', type: 'i32', doc: 'Number of records.' },
  {
    at: batchHeaderBytes,
    name: 'records',
    type: 'record…',
    doc: 'The records, compressed as one piece when attributes name a codec.',
  },
];

const attributes: readonly { readonly bits: string; readonly doc: string }[] = [
  { bits: '0-2', doc: 'Codec: 0 none, 1 gzip, 2 snappy, 3 lz4 (frame format), 4 zstd.' },
  { bits: '3', doc: 'Timestamp type: 0 set by the producer, 1 log append time (maxTimestamp holds for all records).' },
  { bits: '4', doc: 'Belongs to a transaction.' },
  { bits: '5', doc: 'Control batch: its one record is for the protocol, not for applications.' },
  { bits: '6', doc: 'Compaction has set baseTimestamp to the time from which tombstones may be removed.' },
  { bits: '7-15', doc: 'Zero.' },
];

const record: readonly LayoutField[] = [
  { name: 'length', type: 'varint', doc: 'Bytes that follow this field.' },
  { name: 'attributes', type: 'i8', doc: 'Zero.' },
  { name: 'timestampDelta', type: 'varlong', doc: 'Timestamp minus baseTimestamp.' },
  { name: 'offsetDelta', type: 'varint', doc: 'Offset minus baseOffset; 0, 1, 2 … in a batch as it is produced.' },
  { name: 'keyLength', type: 'varint', doc: 'Bytes of the key; -1 = null.' },
  { name: 'key', type: 'bytes', doc: 'The key.' },
  { name: 'valueLength', type: 'varint', doc: 'Bytes of the value; -1 = null, a tombstone on a compacted topic.' },
  { name: 'value', type: 'bytes', doc: 'The value.' },
  { name: 'headerCount', type: 'varint', doc: 'Number of headers that follow.' },
];

const recordHeader: readonly LayoutField[] = [
  { name: 'keyLength', type: 'varint', doc: 'Bytes of the key.' },
  { name: 'key', type: 'UTF-8', doc: 'The key; may occur more than once in a record.' },
  { name: 'valueLength', type: 'varint', doc: 'Bytes of the value; -1 = null.' },
  { name: 'value', type: 'bytes', doc: 'The value.' },
];

export interface RecordBatchLayout {
  readonly headerBytes: number;
  readonly notes: readonly string[];
  readonly header: typeof header;
  readonly attributes: typeof attributes;
  readonly record: typeof record;
  readonly recordHeader: typeof recordHeader;
}

/** The layout of a record batch as data. The offsets come from the codec itself. */
export const recordBatchLayout: RecordBatchLayout = {
  headerBytes: batchHeaderBytes,
  notes: [
    'This is the public "record batch v2" layout of the Kafka ecosystem, on the wire as on disk. Everything is big-endian.',
    'Unlike in messages, varint and varlong are zigzag-encoded here: n >= 0 is written as 2n, n < 0 as -2n-1, then LEB128.',
    'The checksum does not cover baseOffset, length, partitionLeaderEpoch and magic, so the broker assigns an offset without touching the bytes of the producer.',
    'snappy comes as a raw block or in xerial framing: 82 53 4e 41 50 50 59 00, version i32, compatible version i32, then blocks of length i32 | raw snappy. Read both.',
    'lz4 is the LZ4 frame format. Its content size is optional, so bound what you decompress.',
    'The end of a transaction is a control batch of one record: key = version i16 (0) | type i16 (0 abort, 1 commit), value = version i16 (0) | coordinatorEpoch i32.',
    'The header q-message-id (UTF-8) names a record for topics with dedup.window.ms: a record with an id seen within that time is not stored again.',
  ],
  header,
  attributes,
  record,
  recordHeader,
};
