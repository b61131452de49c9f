/**
 * Members go: by themselves, for good or for a while, or because they were silent or held on for too long.
 */
import type { Group } from './group.ts';
import type { Eviction, HeartbeatCommand, StepContext } from './group-step.ts';
import { sessionEndMs } from './member.ts';
import { outcome, refuse } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { noPartitions } from '../partitions.ts';
import { retarget } from './target.ts';

export function leave(group: Group, command: HeartbeatCommand, context: StepContext): Outcome {
  const member = group.members.get(command.memberId);
  if (member === undefined)
    return refuse(group, 'UNKNOWN_MEMBER', `${command.memberId} is not in group ${group.groupId}`);
  return outcome(remove(group, [member.memberId], context), {
    kind: 'reply',
    memberEpoch: command.memberEpoch,
    sessionTimeoutMs: member.sessionTimeoutMs,
    assignment: null,
  });
}

/** It owns nothing from now on, and nobody else gets its target before its session has expired. */
export function leaveForAWhile(group: Group, command: HeartbeatCommand, context: StepContext): Outcome {
  const member = group.members.get(command.memberId);
  if (member === undefined)
    return refuse(group, 'UNKNOWN_MEMBER', `${command.memberId} is not in group ${group.groupId}`);
  if (member.instanceId === null) return refuse(group, 'INVALID_REQUEST', 'only a static member can leave for a while');
  const away = {
    ...member,
    isAway: true,
    assigned: noPartitions,
    revoking: noPartitions,
    revokeByMs: null,
    lastHeartbeatMs: context.nowMs,
    stalledMs: 0,
  };
  return outcome(
    { ...group, members: group.members.with(away) },
    {
      kind: 'reply',
      memberEpoch: command.memberEpoch,
      sessionTimeoutMs: member.sessionTimeoutMs,
      assignment: null,
    },
  );
}

/** Puts out everybody whose deadline has come. */
export function evictOverdue(group: Group, context: StepContext): Outcome {
  const evicted = group.members.overdue(context.nowMs).map((member): Eviction => {
    return { memberId: member.memberId, reason: sessionEndMs(member) <= context.nowMs ? 'session' : 'rebalance' };
  });
  if (evicted.length === 0) return outcome(group, { kind: 'none' });
  return outcome(
    remove(
      group,
      evicted.map(({ memberId }) => memberId),
      context,
    ),
    { kind: 'none' },
    evicted,
  );
}

function remove(group: Group, memberIds: readonly string[], context: StepContext): Group {
  const members = group.members.without(new Set(memberIds));
  const emptySinceMs = members.size === 0 ? context.nowMs : null;
  return retarget({ ...group, members, emptySinceMs }, context.topics);
}
