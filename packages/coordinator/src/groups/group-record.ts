/**
 * What is stored of groups, as keys and values of the internal compacted topic `__groups`. Frozen: golden vectors pin
 * every byte (`test/groups/group-records.json`).
 *
 * Key. A record without a value (tombstone) says that what its key names is gone.
 *
 *   ┌────────────┬─────────┬──────────────┬──────────────────────────────────┐
 *   │ version u8 │ kind u8 │ groupId text │ kind 0, group:  nothing          │
 *   │ = 1        │         │              │ kind 1, member: memberId text    │
 *   │            │         │              │ kind 3, classic member: the same │
 *   │            │         │              │ kind 2, offset: topicId uuid,    │
 *   │            │         │              │                 partition varint │
 *   │            │         │              │ kind 4, applied:                 │
 *   │            │         │              │           transactionalId text   │
 *   └────────────┴─────────┴──────────────┴──────────────────────────────────┘
 *
 * Values. Each begins with a version u8 = 1 of its own.
 *
 *   group    assigns u8 (0 = the broker) │ groupEpoch u32 │ targetEpoch u32 │ emptySinceWallMs i64 (-1 = it is not empty)
 *   group    assigns u8 (1 = a member: it is a classic group) │ the rest is drawn in `classic-record.ts`
 *   classic  drawn there too
 *   member   flags u8 (1 = is away, 2 = has an instanceId) │ memberEpoch u32 │ previousEpoch u32 │ place i64
 *            │ [instanceId text] │ clientId text │ host text │ sessionTimeoutMs u32 │ rebalanceTimeoutMs u32
 *            │ assignor u8 (0 = uniform, 1 = range) │ topics: count varint, text … │ assigned set │ revoking set │ target set
 *   offset   flags u8 (1 = has metadata) │ offset i64 │ leaderEpoch i64 │ committedAtMs i64 │ progressedAtMs i64
 *            │ [metadata text]
 *   applied  producerId i64 │ producerEpoch u32
 *   set      count varint │ { topicId uuid │ count varint │ first varint │ { distance to the one before, varint } … } …
 *
 * A higher version, an unknown kind or an unknown `assigns` was written by a newer broker: it is no damage, and decodes
 * to null.
 */
import type { ProducerIdentity } from '../producer-ids.ts';
import { decodeClassicGroup, decodeClassicMember, encodeClassicGroup, encodeClassicMember } from './classic-record.ts';
import type { ClassicStateRecord } from './classic-record.ts';
import type { DurableClassicMember } from './classic-member.ts';
import type { CommittedOffset } from './committed-offsets.ts';
import type { DurableMember } from './member.ts';
import { decodeMember, encodeMember } from './member-record.ts';
import { damage, RecordReader } from '../records/record-reader.ts';
import { RecordWriter } from '../records/record-writer.ts';

/** What is stored of groups, one kind for each key. */
export type GroupRecord =
  | GroupStateRecord
  | ClassicStateRecord
  | { readonly kind: 'member'; readonly groupId: string; readonly member: DurableMember }
  | ({ readonly kind: 'offset'; readonly committed: CommittedOffset } & OffsetKey)
  | AppliedRecord
  | { readonly kind: 'classic-member'; readonly groupId: string; readonly member: DurableClassicMember }
  | { readonly kind: 'group-gone'; readonly groupId: string }
  | { readonly kind: 'member-gone'; readonly groupId: string; readonly memberId: string }
  | { readonly kind: 'classic-member-gone'; readonly groupId: string; readonly memberId: string }
  | ({ readonly kind: 'offset-gone' } & OffsetKey)
  | { readonly kind: 'applied-gone'; readonly groupId: string; readonly transactionalId: string };

/** What is stored of a group whose partitions the broker assigns, besides its members and offsets. */
export interface GroupStateRecord {
  readonly kind: 'group';
  readonly groupId: string;
  /** Who assigns: tells the two kinds of groups apart. */
  readonly assigns: 'broker';
  readonly groupEpoch: number;
  readonly targetEpoch: number;
  /** Since when there have been no members, ms since 1970; null while there are some. */
  readonly emptySinceWallMs: number | null;
}

/**
 * The last transaction of an id that has committed offsets of the group: stored in one batch with them, so that nobody
 * commits them a second time, over what was committed since.
 */
export interface AppliedRecord {
  readonly kind: 'applied';
  readonly groupId: string;
  readonly transactionalId: string;
  /** As who the transaction was ended: the identity that stands in its markers. */
  readonly producer: ProducerIdentity;
}

interface OffsetKey {
  readonly groupId: string;
  readonly topicId: string;
  readonly partition: number;
}

const version = 1;
const keyKind = { group: 0, member: 1, offset: 2, 'classic-member': 3, applied: 4 } as const;
const assignsCode = { broker: 0, client: 1 } as const;
const hasMetadata = 1;
const epochMax = 0x7fff_ffff;

/** The record as it is stored. A null value deletes what the key names. Both buffers are the caller's. */
export function encodeGroupRecord(record: GroupRecord): { key: Buffer; value: Buffer | null } {
  return { key: encodeKey(record), value: encodeValue(record) };
}

/**
 * Null for what a newer broker wrote.
 * @throws QError CORRUPT_LOG for what none can have written
 */
export function decodeGroupRecord(key: Buffer, value: Buffer | null): GroupRecord | null {
  const keyReader = new RecordReader(key);
  if (keyReader.u8() !== version) return null;
  const kind = keyReader.u8();
  if (kind > keyKind.applied) return null;
  const groupId = keyReader.text();
  if (kind === keyKind.group) return decodeGroup(atEnd(keyReader, { groupId }), value);
  if (kind === keyKind.member)
    return decodeMemberRecord(atEnd(keyReader, { groupId, memberId: keyReader.text() }), value);
  if (kind === keyKind['classic-member'])
    return decodeClassicMemberRecord(atEnd(keyReader, { groupId, memberId: keyReader.text() }), value);
  if (kind === keyKind.applied)
    return decodeApplied(atEnd(keyReader, { groupId, transactionalId: keyReader.text() }), value);
  return decodeOffset(atEnd(keyReader, { groupId, topicId: keyReader.uuid(), partition: keyReader.varint() }), value);
}

function encodeKey(record: GroupRecord): Buffer {
  const writer = new RecordWriter();
  const kind = record.kind.replace('-gone', '') as keyof typeof keyKind;
  writer.u8(version);
  writer.u8(keyKind[kind]);
  writer.text(record.groupId);
  if (record.kind === 'member' || record.kind === 'classic-member') writer.text(record.member.memberId);
  if (record.kind === 'member-gone' || record.kind === 'classic-member-gone') writer.text(record.memberId);
  if (record.kind === 'applied' || record.kind === 'applied-gone') writer.text(record.transactionalId);
  if (record.kind === 'offset' || record.kind === 'offset-gone') {
    writer.uuid(record.topicId);
    writer.varint(record.partition);
  }
  return writer.finish();
}

function encodeValue(record: GroupRecord): Buffer | null {
  const writer = new RecordWriter();
  writer.u8(version);
  if (record.kind === 'group') encodeGroup(writer, record);
  else if (record.kind === 'member') encodeMember(writer, record.member);
  else if (record.kind === 'classic-member') encodeClassicMember(writer, record.member);
  else if (record.kind === 'offset') encodeOffset(writer, record.committed);
  else if (record.kind === 'applied') encodeApplied(writer, record);
  else return null;
  return writer.finish();
}

function encodeGroup(writer: RecordWriter, record: GroupStateRecord | ClassicStateRecord): void {
  writer.u8(assignsCode[record.assigns]);
  if (record.assigns === 'client') {
    encodeClassicGroup(writer, record);
    return;
  }
  writer.u32(record.groupEpoch);
  writer.u32(record.targetEpoch);
  writer.i64(record.emptySinceWallMs ?? -1);
}

function decodeGroup({ groupId }: { groupId: string }, value: Buffer | null): GroupRecord | null {
  if (value === null) return { kind: 'group-gone', groupId };
  const reader = new RecordReader(value);
  if (reader.u8() !== version) return null;
  const assigns = reader.u8();
  if (assigns === assignsCode.client) return atEnd(reader, decodeClassicGroup(reader, groupId));
  if (assigns !== assignsCode.broker) return null;
  const groupEpoch = reader.u32();
  const targetEpoch = reader.u32();
  const emptySinceMs = reader.i64();
  if (groupEpoch > epochMax || targetEpoch > groupEpoch || emptySinceMs < -1)
    throw damage('the epochs of a group cannot be');
  const emptySinceWallMs = emptySinceMs === -1 ? null : emptySinceMs;
  return atEnd(reader, { kind: 'group', groupId, assigns: 'broker', groupEpoch, targetEpoch, emptySinceWallMs });
}

function decodeMemberRecord(
  { groupId, memberId }: { groupId: string; memberId: string },
  value: Buffer | null,
): GroupRecord | null {
  if (value === null) return { kind: 'member-gone', groupId, memberId };
  const reader = new RecordReader(value);
  if (reader.u8() !== version) return null;
  return atEnd(reader, { kind: 'member', groupId, member: decodeMember(reader, memberId) });
}

function decodeClassicMemberRecord(
  { groupId, memberId }: { groupId: string; memberId: string },
  value: Buffer | null,
): GroupRecord | null {
  if (value === null) return { kind: 'classic-member-gone', groupId, memberId };
  const reader = new RecordReader(value);
  if (reader.u8() !== version) return null;
  return atEnd(reader, { kind: 'classic-member', groupId, member: decodeClassicMember(reader, memberId) });
}

function encodeApplied(writer: RecordWriter, { producer }: AppliedRecord): void {
  writer.i64(producer.producerId);
  writer.u32(producer.producerEpoch);
}

function decodeApplied(
  key: { readonly groupId: string; readonly transactionalId: string },
  value: Buffer | null,
): GroupRecord | null {
  if (value === null) return { kind: 'applied-gone', ...key };
  const reader = new RecordReader(value);
  if (reader.u8() !== version) return null;
  const producer = { producerId: reader.i64(), producerEpoch: reader.u32() };
  if (producer.producerId < 0) throw damage('a producer id cannot be');
  return atEnd(reader, { kind: 'applied', ...key, producer });
}

function encodeOffset(writer: RecordWriter, committed: CommittedOffset): void {
  writer.u8(committed.metadata === null ? 0 : hasMetadata);
  writer.i64(committed.offset);
  writer.i64(committed.leaderEpoch);
  writer.i64(committed.committedAtMs);
  writer.i64(committed.progressedAtMs);
  if (committed.metadata !== null) writer.text(committed.metadata);
}

function decodeOffset(key: OffsetKey, value: Buffer | null): GroupRecord | null {
  if (value === null) return { kind: 'offset-gone', ...key };
  const reader = new RecordReader(value);
  if (reader.u8() !== version) return null;
  const flags = reader.u8();
  if (flags > hasMetadata) throw damage('an offset has unknown flags');
  const offset = reader.i64();
  const leaderEpoch = reader.i64();
  if (offset < 0 || leaderEpoch < -1) throw damage('a committed offset cannot be');
  const committedAtMs = reader.i64();
  const progressedAtMs = reader.i64();
  const metadata = flags === hasMetadata ? reader.text() : null;
  return atEnd(reader, {
    kind: 'offset',
    ...key,
    committed: { offset, leaderEpoch, metadata, committedAtMs, progressedAtMs },
  });
}

/** The result, once the bytes have been used up. */
function atEnd<T>(reader: RecordReader, result: T): T {
  reader.end();
  return result;
}
