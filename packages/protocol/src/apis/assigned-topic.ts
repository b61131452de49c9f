import { array } from '../schema/array.ts';
import { i32, string, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';

/** Partitions of one topic that a member of a group owns or is to own. */
export interface AssignedTopic {
  readonly topicId: string;
  /** Empty in a request: the id alone counts there. */
  readonly name: string;
  /** Each once, in ascending order when a broker says it. */
  readonly partitions: readonly number[];
}

export const assignedTopic: Struct<AssignedTopic> = struct('AssignedTopic', {
  topicId: field(uuid, 'Topic id.'),
  name: field(string, 'Topic name; may be empty in a request, where the id alone counts.'),
  partitions: field(array(i32), 'Partition numbers, each once.'),
});
