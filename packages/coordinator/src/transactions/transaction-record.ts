/**
 * What is stored of transactions, as keys and values of the internal compacted topic `__transactions`. Frozen: golden
 * vectors pin every byte (`test/transactions/transaction-records.json`).
 *
 * Key. A record without a value (tombstone) says that the id is forgotten.
 *
 *   ┌────────────┬─────────┬──────────────────────┐
 *   │ version u8 │ kind u8 │ transactionalId text │
 *   │ = 1        │ = 0     │                      │
 *   └────────────┴─────────┴──────────────────────┘
 *
 * Value.
 *
 *   ┌────────────┬──────────┬──────────┬──────────┬────────────┬──────────────────────────┬──────────────────────┐
 *   │ version u8 │ state u8 │ cause u8 │ flags u8 │ producer P │ [previous P] if flag 1   │ timeoutMs u32        │
 *   │ = 1        │          │          │          │            │ [next P] if flag 2       │ changedWallMs i64    │
 *   └────────────┴──────────┴──────────┴──────────┴────────────┴──────────────────────────┴──────────────────────┘
 *   [startedWallMs i64 │ partitions set │ groups: count varint, G …] if flag 4
 *
 *   flags  besides: 8 = the markers are of a higher epoch than the records that they end
 *   P      producerId i64 │ epoch u32
 *   G      groupId text │ offsets: count varint, O …
 *   O      topicId uuid │ partition varint │ flags u8 (1 = has metadata) │ offset i64 │ leaderEpoch i64
 *          │ committedAtMs i64 │ [metadata text]
 *   set    as in `../groups/group-record.ts`
 *   state  0 empty, 1 ongoing, 2 prepareCommit, 3 prepareAbort, 4 completeCommit, 5 completeAbort
 *   cause  0 none, 1 producer, 2 timeout, 3 fence, 4 operator
 *
 * A higher version or an unknown kind, state or cause was written by a newer broker: it is no damage, and decodes to
 * null.
 */
import { noPartitions } from '../partitions.ts';
import { producerEpochMax } from '../producer-ids.ts';
import type { ProducerIdentity } from '../producer-ids.ts';
import { decodePartitions, encodePartitions } from '../records/partition-set.ts';
import { damage, RecordReader } from '../records/record-reader.ts';
import { RecordWriter } from '../records/record-writer.ts';
import { isPrepared, noOffsets } from './transaction.ts';
import type { EndCause, StagedOffset, StagedOffsets, Transaction, TransactionState } from './transaction.ts';

/** What is stored of a transactional id: where it is now, or that it is forgotten. */
export type TransactionRecord =
  | { readonly kind: 'transaction'; readonly transaction: StoredTransaction }
  | { readonly kind: 'gone'; readonly transactionalId: string };

/** A transaction but for the clock that begins anew with each start. */
export type StoredTransaction = Omit<Transaction, 'startedMs' | 'changedMs'>;

const version = 1;
const kind = 0;
const states: readonly TransactionState[] = [
  'empty',
  'ongoing',
  'prepareCommit',
  'prepareAbort',
  'completeCommit',
  'completeAbort',
];
const causes: readonly (EndCause | null)[] = [null, 'producer', 'timeout', 'fence', 'operator'];
const flag = { hasPrevious: 1, hasNext: 2, isOpen: 4, isRaised: 8 } as const;
const allFlags = 15;
const hasMetadata = 1;
const leastOffsetBytes = 42;

/** The record as it is stored. A null value deletes what the key names. Both buffers are the caller's. */
export function encodeTransactionRecord(record: TransactionRecord): { key: Buffer; value: Buffer | null } {
  const key = new RecordWriter();
  key.u8(version);
  key.u8(kind);
  key.text(record.kind === 'gone' ? record.transactionalId : record.transaction.transactionalId);
  return { key: key.finish(), value: record.kind === 'gone' ? null : encodeValue(record.transaction) };
}

/**
 * Null for what a newer broker wrote.
 * @throws QError CORRUPT_LOG for what none can have written
 */
export function decodeTransactionRecord(key: Buffer, value: Buffer | null): TransactionRecord | null {
  const reader = new RecordReader(key);
  if (reader.u8() !== version || reader.u8() !== kind) return null;
  const transactionalId = reader.text();
  reader.end();
  if (value === null) return { kind: 'gone', transactionalId };
  const transaction = decodeValue(transactionalId, new RecordReader(value));
  return transaction === null ? null : { kind: 'transaction', transaction };
}

function encodeValue(transaction: StoredTransaction): Buffer {
  const { previous, next, startedWallMs } = transaction;
  const writer = new RecordWriter();
  writer.u8(version);
  writer.u8(states.indexOf(transaction.state));
  writer.u8(causes.indexOf(transaction.cause));
  writer.u8(
    (previous === null ? 0 : flag.hasPrevious)
      | (next === null ? 0 : flag.hasNext)
      | (startedWallMs === null ? 0 : flag.isOpen)
      | (transaction.isRaised ? flag.isRaised : 0),
  );
  encodeProducer(writer, transaction.producer);
  if (previous !== null) encodeProducer(writer, previous);
  if (next !== null) encodeProducer(writer, next);
  writer.u32(transaction.timeoutMs);
  writer.i64(transaction.changedWallMs);
  if (startedWallMs === null) return writer.finish();
  writer.i64(startedWallMs);
  encodePartitions(writer, transaction.partitions);
  encodeOffsets(writer, transaction.offsets);
  return writer.finish();
}

function decodeValue(transactionalId: string, reader: RecordReader): StoredTransaction | null {
  if (reader.u8() !== version) return null;
  const state = states[reader.u8()];
  const cause = causes[reader.u8()];
  if (state === undefined || cause === undefined) return null;
  const flags = reader.u8();
  if (flags > allFlags) throw damage('a transaction has unknown flags');
  const isOpen = (flags & flag.isOpen) !== 0;
  const transaction = {
    transactionalId,
    state,
    cause,
    producer: decodeProducer(reader),
    previous: (flags & flag.hasPrevious) === 0 ? null : decodeProducer(reader),
    next: (flags & flag.hasNext) === 0 ? null : decodeProducer(reader),
    isRaised: (flags & flag.isRaised) !== 0,
    timeoutMs: reader.u32(),
    changedWallMs: reader.i64(),
    startedWallMs: isOpen ? reader.i64() : null,
    partitions: isOpen ? decodePartitions(reader) : noPartitions,
    offsets: isOpen ? decodeOffsets(reader) : noOffsets,
  };
  reader.end();
  checkWhole(transaction);
  return transaction;
}

function checkWhole(transaction: StoredTransaction): void {
  const prepared = isPrepared(transaction);
  const isOpen = prepared || transaction.state === 'ongoing';
  const isRaised = transaction.isRaised && !prepared;
  if (isRaised || prepared !== (transaction.next !== null) || isOpen !== (transaction.startedWallMs !== null))
    throw damage(`a transaction that is ${transaction.state} cannot be so`);
}

function encodeProducer(writer: RecordWriter, { producerId, producerEpoch }: ProducerIdentity): void {
  writer.i64(producerId);
  writer.u32(producerEpoch);
}

function decodeProducer(reader: RecordReader): ProducerIdentity {
  const producerId = reader.i64();
  const producerEpoch = reader.u32();
  if (producerId < 0 || producerEpoch > producerEpochMax + 1) throw damage('a producer id or its epoch cannot be');
  return { producerId, producerEpoch };
}

function encodeOffsets(writer: RecordWriter, offsets: StagedOffsets): void {
  writer.varint(offsets.size);
  for (const [groupId, ofGroup] of offsets) {
    writer.text(groupId);
    writer.varint(ofGroup.size);
    for (const offset of ofGroup.values()) encodeOffset(writer, offset);
  }
}

function encodeOffset(writer: RecordWriter, { topicId, partition, commit }: StagedOffset): void {
  writer.uuid(topicId);
  writer.varint(partition);
  writer.u8(commit.metadata === null ? 0 : hasMetadata);
  writer.i64(commit.offset);
  writer.i64(commit.leaderEpoch);
  writer.i64(commit.committedAtMs);
  if (commit.metadata !== null) writer.text(commit.metadata);
}

function decodeOffsets(reader: RecordReader): StagedOffsets {
  const offsets = new Map<string, ReadonlyMap<string, StagedOffset>>();
  for (let left = reader.count(2); left > 0; left -= 1) {
    const groupId = reader.text();
    const ofGroup = new Map<string, StagedOffset>();
    for (let rest = reader.count(leastOffsetBytes); rest > 0; rest -= 1) {
      const offset = decodeOffset(reader);
      ofGroup.set(`${offset.topicId}/${offset.partition}`, offset);
    }
    if (offsets.has(groupId) || ofGroup.size === 0) throw damage('the offsets of a transaction cannot be');
    offsets.set(groupId, ofGroup);
  }
  return offsets;
}

function decodeOffset(reader: RecordReader): StagedOffset {
  const topicId = reader.uuid();
  const partition = reader.varint();
  const flags = reader.u8();
  if (flags > hasMetadata) throw damage('an offset has unknown flags');
  const offset = reader.i64();
  const leaderEpoch = reader.i64();
  if (offset < 0 || leaderEpoch < -1) throw damage('an offset of a transaction cannot be');
  const committedAtMs = reader.i64();
  const metadata = flags === hasMetadata ? reader.text() : null;
  return { topicId, partition, commit: { offset, leaderEpoch, metadata, committedAtMs } };
}
