/**
 * Moves one member a step nearer to its target.
 *
 *              told to give up            said that it did
 *   assigned ─────────────────► revoking ─────────────────► free ────────► assigned of its next owner
 *                                                                 when that one looks or sends a heartbeat
 *
 * A member gives up first and gets then: as long as `revoking` is not empty, nothing else is told to it. So each
 * revocation has one deadline, and a partition that is to come back to the member before it let go goes the whole way
 * round.
 */
import type { Group } from './group.ts';
import type { Member } from './member.ts';
import { Owners } from './owners.ts';
import {
  difference,
  filterPartitions,
  intersection,
  isPartOf,
  noPartitions,
  samePartitions,
  union,
} from '../partitions.ts';
import type { PartitionsByTopic } from '../partitions.ts';

/** The member as it is after it said that it owns no more than `owned`: what it gave up is free. */
export function release(member: Member, owned: PartitionsByTopic): Member {
  const revoking = intersection(member.revoking, owned);
  if (revoking === member.revoking) return member;
  return { ...member, revoking, revokeByMs: revoking.size === 0 ? null : member.revokeByMs };
}

/** The member as it is to be told next; the very same object when there is no news. `group` has it as `member`. */
export function reconcile(group: Group, member: Member, nowMs: number): Member {
  if (member.isAway || member.revoking.size > 0) return member;
  if (!isPartOf(member.assigned, member.target)) return revokeSurplus(member, nowMs);
  const gained = freeTarget(group, member);
  return gained.size === 0 ? member : toTargetEpoch(group, withAssigned(member, union(member.assigned, gained)));
}

/** A member that gave up all that it had to, or got something, has arrived at the epoch of its target. */
export function toTargetEpoch(group: Group, member: Member): Member {
  if (member.memberEpoch === group.targetEpoch) return member;
  return { ...member, memberEpoch: group.targetEpoch, previousEpoch: member.memberEpoch };
}

/** Whether `reconcile` would tell the member something. */
export function hasNews(group: Group, member: Member): boolean {
  if (member.isAway || member.revoking.size > 0 || member.assigned === member.target) return false;
  return !isPartOf(member.assigned, member.target) || freeTarget(group, member).size > 0;
}

function revokeSurplus(member: Member, nowMs: number): Member {
  const kept = intersection(member.assigned, member.target);
  return {
    ...withAssigned(member, kept),
    revoking: difference(member.assigned, member.target),
    revokeByMs: nowMs + member.rebalanceTimeoutMs,
  };
}

/** What of its target nobody holds, not even itself. */
function freeTarget(group: Group, { assigned, target }: Member): PartitionsByTopic {
  if (assigned === target) return noPartitions;
  const owners = Owners.of(group);
  return filterPartitions(target, (topicId, partition) => owners.get(topicId, partition) === null);
}

/** Shares the target when it is all there, so that a stable member is known at a glance. */
function withAssigned(member: Member, assigned: PartitionsByTopic): Member {
  return { ...member, assigned: samePartitions(assigned, member.target) ? member.target : assigned };
}
