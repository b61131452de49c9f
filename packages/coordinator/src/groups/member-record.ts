/**
 * The value of a member's record; drawn in `group-record.ts`.
 */
import type { AssignorName, DurableMember } from './member.ts';
import { decodePartitions, encodePartitions } from '../records/partition-set.ts';
import { damage } from '../records/record-reader.ts';
import type { RecordReader } from '../records/record-reader.ts';
import type { RecordWriter } from '../records/record-writer.ts';

const flag = { isAway: 1, hasInstanceId: 2 } as const;
const assignorCode: Readonly<Record<AssignorName, number>> = { uniform: 0, range: 1 };
const epochMax = 0x7fff_ffff;

export function encodeMember(writer: RecordWriter, member: DurableMember): void {
  writer.u8((member.isAway ? flag.isAway : 0) | (member.instanceId === null ? 0 : flag.hasInstanceId));
  writer.u32(member.memberEpoch);
  writer.u32(member.previousEpoch);
  writer.i64(member.place);
  if (member.instanceId !== null) writer.text(member.instanceId);
  writer.text(member.clientId);
  writer.text(member.host);
  writer.u32(member.sessionTimeoutMs);
  writer.u32(member.rebalanceTimeoutMs);
  writer.u8(assignorCode[member.assignor]);
  writer.varint(member.topics.length);
  for (const name of member.topics) writer.text(name);
  encodePartitions(writer, member.assigned);
  encodePartitions(writer, member.revoking);
  encodePartitions(writer, member.target);
}

export function decodeMember(reader: RecordReader, memberId: string): DurableMember {
  const flags = reader.u8();
  if (flags > (flag.isAway | flag.hasInstanceId)) throw damage('a member has unknown flags');
  return {
    memberId,
    memberEpoch: decodeEpoch(reader),
    previousEpoch: decodeEpoch(reader),
    place: reader.i64(),
    instanceId: (flags & flag.hasInstanceId) === 0 ? null : reader.text(),
    clientId: reader.text(),
    host: reader.text(),
    sessionTimeoutMs: reader.u32(),
    rebalanceTimeoutMs: reader.u32(),
    assignor: decodeAssignor(reader.u8()),
    topics: Array.from({ length: reader.count(1) }, () => reader.text()),
    assigned: decodePartitions(reader),
    revoking: decodePartitions(reader),
    target: decodePartitions(reader),
    isAway: (flags & flag.isAway) !== 0,
  };
}

function decodeEpoch(reader: RecordReader): number {
  const epoch = reader.u32();
  if (epoch > epochMax) throw damage('an epoch is beyond 2^31-1');
  return epoch;
}

function decodeAssignor(code: number): AssignorName {
  if (code === assignorCode.uniform) return 'uniform';
  if (code === assignorCode.range) return 'range';
  throw damage(`${code} is no assignor`);
}
