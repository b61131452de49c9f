/**
 * What an assignor gets and gives, and which one a group uses.
 */
import type { Group } from './group.ts';
import type { AssignorName, Member } from './member.ts';
import type { PartitionsByTopic } from '../partitions.ts';

export const assignorNames: readonly AssignorName[] = ['uniform', 'range'];

export interface AssignableTopic {
  readonly topicId: string;
  readonly partitions: number;
  /** The members that want it, as indexes of `AssignmentTask.members`, ascending. */
  readonly subscribers: readonly number[];
}

export interface AssignmentTask {
  readonly members: readonly Member[];
  /** Topics that exist and that somebody wants, in the order of their names. */
  readonly topics: readonly AssignableTopic[];
}

/**
 * Gives each partition of each topic to one of its subscribers. The result has an entry for each member, by its index.
 */
export type Assignor = (task: AssignmentTask) => readonly PartitionsByTopic[];

/** What most members prefer; `uniform` when it is a tie. */
export function groupAssignor(group: Group): AssignorName {
  let ranges = 0;
  for (const member of group.members.values()) if (member.assignor === 'range') ranges += 1;
  return ranges * 2 > group.members.size ? 'range' : 'uniform';
}
