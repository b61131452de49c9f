/**
 * The values of a classic group's records; their keys and what is around them are drawn in `group-record.ts`.
 * Frozen: golden vectors pin every byte (`test/groups/group-records.json`).
 *
 *   group    flags u8 (1 = members are assigned, 2 = has a protocolName, 4 = has a leaderId) │ generation u32
 *            │ protocolType text │ [protocolName text] │ [leaderId text] │ emptySinceWallMs i64 (-1 = it is not empty)
 *   member   flags u8 (1 = has an instanceId) │ place i64 │ [instanceId text] │ clientId text │ host text
 *            │ sessionTimeoutMs u32 │ rebalanceTimeoutMs u32
 *            │ protocols: count varint, { name text │ metadata bytes } … │ assignment bytes
 *   bytes    length varint │ bytes
 */
import { damage } from '../records/record-reader.ts';
import type { RecordReader } from '../records/record-reader.ts';
import type { RecordWriter } from '../records/record-writer.ts';
import type { DurableClassicMember } from './classic-member.ts';

/** What is stored of a classic group besides its members and offsets. */
export interface ClassicStateRecord {
  readonly kind: 'group';
  readonly groupId: string;
  readonly assigns: 'client';
  readonly generation: number;
  /** The leader has assigned in this generation. */
  readonly isAssigned: boolean;
  readonly protocolType: string;
  readonly protocolName: string | null;
  readonly leaderId: string | null;
  /** Since when there have been no members, ms since 1970; null while there are some. */
  readonly emptySinceWallMs: number | null;
}

const groupFlag = { isAssigned: 1, hasProtocolName: 2, hasLeaderId: 4 } as const;
const memberFlag = { hasInstanceId: 1 } as const;
const generationMax = 0x7fff_ffff;

export function encodeClassicGroup(writer: RecordWriter, record: ClassicStateRecord): void {
  const { generation, isAssigned, protocolType, protocolName, leaderId, emptySinceWallMs } = record;
  writer.u8(
    (isAssigned ? groupFlag.isAssigned : 0)
      | (protocolName === null ? 0 : groupFlag.hasProtocolName)
      | (leaderId === null ? 0 : groupFlag.hasLeaderId),
  );
  writer.u32(generation);
  writer.text(protocolType);
  if (protocolName !== null) writer.text(protocolName);
  if (leaderId !== null) writer.text(leaderId);
  writer.i64(emptySinceWallMs ?? -1);
}

export function decodeClassicGroup(reader: RecordReader, groupId: string): ClassicStateRecord {
  const flags = reader.u8();
  if (flags > (groupFlag.isAssigned | groupFlag.hasProtocolName | groupFlag.hasLeaderId))
    throw damage('a classic group has unknown flags');
  const generation = reader.u32();
  const protocolType = reader.text();
  const protocolName = (flags & groupFlag.hasProtocolName) === 0 ? null : reader.text();
  const leaderId = (flags & groupFlag.hasLeaderId) === 0 ? null : reader.text();
  const emptySinceMs = reader.i64();
  if (generation > generationMax || emptySinceMs < -1) throw damage('the generation of a group cannot be');
  return {
    kind: 'group',
    groupId,
    assigns: 'client',
    generation,
    isAssigned: (flags & groupFlag.isAssigned) !== 0,
    protocolType,
    protocolName,
    leaderId,
    emptySinceWallMs: emptySinceMs === -1 ? null : emptySinceMs,
  };
}

export function encodeClassicMember(writer: RecordWriter, member: DurableClassicMember): void {
  writer.u8(member.instanceId === null ? 0 : memberFlag.hasInstanceId);
  writer.i64(member.place);
  if (member.instanceId !== null) writer.text(member.instanceId);
  writer.text(member.clientId);
  writer.text(member.host);
  writer.u32(member.sessionTimeoutMs);
  writer.u32(member.rebalanceTimeoutMs);
  writer.varint(member.protocols.length);
  for (const { name, metadata } of member.protocols) {
    writer.text(name);
    writer.bytes(metadata);
  }
  writer.bytes(member.assignment);
}

export function decodeClassicMember(reader: RecordReader, memberId: string): DurableClassicMember {
  const flags = reader.u8();
  if (flags > memberFlag.hasInstanceId) throw damage('a classic member has unknown flags');
  return {
    memberId,
    place: reader.i64(),
    instanceId: flags === memberFlag.hasInstanceId ? reader.text() : null,
    clientId: reader.text(),
    host: reader.text(),
    sessionTimeoutMs: reader.u32(),
    rebalanceTimeoutMs: reader.u32(),
    protocols: Array.from({ length: reader.count(2) }, () => ({ name: reader.text(), metadata: reader.bytes() })),
    assignment: reader.bytes(),
  };
}
