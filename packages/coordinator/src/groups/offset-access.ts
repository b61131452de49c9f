/**
 * Who may commit and fetch offsets of a group.
 */
import type { Group } from './group.ts';
import { includesPartition } from '../partitions.ts';

/** Why a commit is refused. */
export interface OffsetRefusal {
  readonly code: 'UNKNOWN_MEMBER' | 'STALE_MEMBER_EPOCH' | 'GROUP_NOT_EMPTY';
  readonly message: string;
}

/**
 * Why this member, or this outsider (empty member id), may not ask at all; null when it may. `mayCommit` says for which
 * partitions.
 *
 * The epoch before the member's is taken too: the commit was under way while the epoch rose. No older one: between two
 * moves of its epoch a partition may have been to another member and back, and a late commit must not undo what that
 * one did.
 */
export function checkOffsetAccess(
  group: Group | null,
  who: { readonly memberId: string; readonly memberEpoch: number },
  use: 'commit' | 'fetch',
): OffsetRefusal | null {
  if (who.memberId === '') return use === 'commit' ? checkOutsider(group) : null;
  const member = group?.members.get(who.memberId);
  if (member === undefined) return { code: 'UNKNOWN_MEMBER', message: `${who.memberId} is not in the group` };
  if (who.memberEpoch === member.memberEpoch || who.memberEpoch === member.previousEpoch) return null;
  return {
    code: 'STALE_MEMBER_EPOCH',
    message: `the epoch of the member is ${member.memberEpoch}, not ${who.memberEpoch}`,
  };
}

/** Whether the member owns the partition or is giving it up: the last commit before letting go must be possible. */
export function mayCommit(group: Group, memberId: string, topicId: string, partition: number): boolean {
  const member = group.members.get(memberId);
  if (member === undefined) return false;
  return (
    includesPartition(member.assigned, topicId, partition) || includesPartition(member.revoking, topicId, partition)
  );
}

function checkOutsider(group: Group | null): OffsetRefusal | null {
  if (group === null || group.members.size === 0) return null;
  return { code: 'GROUP_NOT_EMPTY', message: 'only members may commit while the group has some' };
}
