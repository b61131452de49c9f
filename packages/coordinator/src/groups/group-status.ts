/**
 * What to say of a group and its members to people who ask, and to the broker's timers.
 */
import type { Group, GroupState, MemberState } from './group.ts';
import type { Member } from './member.ts';
import { isPartOf, samePartitions } from '../partitions.ts';

/** Where the group stands, told from its members. */
export function groupState(group: Group): GroupState {
  if (group.members.size === 0) return 'empty';
  for (const member of group.members.values()) {
    const state = memberState(group, member);
    if (state === 'unrevoked' || state === 'unreleased') return 'reconciling';
  }
  return 'stable';
}

/** `unreleased` is also who has not heard yet of what it may take. */
export function memberState(_group: Group, member: Member): MemberState {
  if (member.isAway) return 'away';
  if (member.revoking.size > 0 || !isPartOf(member.assigned, member.target)) return 'unrevoked';
  return samePartitions(member.assigned, member.target) ? 'stable' : 'unreleased';
}

/** Its application makes no progress although records wait, or its heartbeat is overdue by more than two intervals. */
export function memberIsStalled(
  member: Member,
  { nowMs, heartbeatIntervalMs }: { nowMs: number; heartbeatIntervalMs: number },
): boolean {
  if (member.isAway) return false;
  return member.stalledMs > 0 || nowMs - member.lastHeartbeatMs > 3 * heartbeatIntervalMs;
}

/**
 * When the next `tick` is due: a session ends, or a member should have let go; null when there is nothing to wait for.
 */
export function nextDeadlineMs(group: Group): number | null {
  const { deadlineMs } = group.members;
  return deadlineMs === Infinity ? null : deadlineMs;
}
