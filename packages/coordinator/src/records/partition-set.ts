/**
 * Sets of partitions as they are stored; drawn in `groups/group-record.ts` as `set`.
 */
import type { PartitionsByTopic } from '../partitions.ts';
import { damage } from './record-reader.ts';
import type { RecordReader } from './record-reader.ts';
import type { RecordWriter } from './record-writer.ts';

export function encodePartitions(writer: RecordWriter, set: PartitionsByTopic): void {
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

export function decodePartitions(reader: RecordReader): PartitionsByTopic {
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
