/**
 * The value of a member's record; drawn in `group-record.ts`.
 */
import type { AssignorName, DurableMember } from './member.ts';
import type { PartitionsByTopic } from './partitions.ts';
import { damage } from './record-reader.ts';
import type { RecordReader } from './record-reader.ts';
import type { RecordWriter } from './record-writer.ts';

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
  encodeSet(writer, member.assigned);
  encodeSet(writer, member.revoking);
  encodeSet(writer, member.target);
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
    assigned: decodeSet(reader),
    revoking: decodeSet(reader),
    target: decodeSet(reader),
    isAway: (flags & flag.isAway) !== 0,
  };
}

function encodeSet(writer: RecordWriter, set: PartitionsByTopic): void {
  writer.varint(set.size);
  for (const [topicId, list] of set) {
    writer.uuid(topicId);
    writer.varint(list.length);
    let before = 0;
    for (const partition of list) {
      writer.varint(partition - before);
      before = partition;
    }
  }
}

function decodeSet(reader: RecordReader): PartitionsByTopic {
  const set = new Map<string, readonly number[]>();
  for (let left = reader.count(18); left > 0; left -= 1) {
    const topicId = reader.uuid();
    const list = decodeList(reader);
    if (set.has(topicId) || list.length === 0) throw damage('a set of partitions cannot be');
    set.set(topicId, list);
  }
  return set;
}

function decodeList(reader: RecordReader): number[] {
  const list: number[] = [];
  for (let left = reader.count(1); left > 0; left -= 1) {
    const distance = reader.varint();
    if (distance === 0 && list.length > 0) throw damage('a list of partitions is not ascending');
    list.push((list.at(-1) ?? 0) + distance);
  }
  return list;
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
