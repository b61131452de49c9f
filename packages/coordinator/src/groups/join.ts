/**
 * A member joins: for the first time, again after it was fenced or lost its state, or in place of an earlier process of
 * the same static name. Whatever it held before is void; from now on it owns what the answer says.
 */
import { coordinatorLimits } from '../limits.ts';
import { checkIdentifier } from '../identifier.ts';
import type { Group } from './group.ts';
import type { HeartbeatCommand, StepContext } from './group-step.ts';
import { sessionEndMs } from './member.ts';
import type { Member } from './member.ts';
import { settingsOf, wantsOtherTarget } from './member-settings.ts';
import type { SettingsBefore } from './member-settings.ts';
import { outcome, refuse } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { noPartitions } from '../partitions.ts';
import { reconcile } from './reconcile.ts';
import { replyTo } from './reply.ts';
import { retarget } from './target.ts';

export function join(group: Group, command: HeartbeatCommand, context: StepContext): Outcome {
  if (command.topics === null) return refuse(group, 'INVALID_REQUEST', 'a member that joins must name its topics');
  if (command.owned === null) return refuse(group, 'INVALID_REQUEST', 'a member that joins must say what it owns');
  const { memberId, instanceId } = command;
  if (instanceId !== null) {
    const fault = checkIdentifier(instanceId, 'an instance id', coordinatorLimits.memberIdCharactersMax);
    if (fault !== null) return refuse(group, 'INVALID_REQUEST', fault);
  }
  const known = group.members.get(memberId);
  if (known !== undefined) {
    if (known.instanceId === instanceId) return takePlace(group, known, { command, context });
    return refuse(group, 'INVALID_REQUEST', `member ${memberId} is in the group under another static name`);
  }
  const holder = instanceId === null ? null : holderOf(group, instanceId);
  if (holder === null) return joinAnew(group, command, context);
  if (holder.isAway || sessionEndMs(holder) <= context.nowMs) return takePlace(group, holder, { command, context });
  return refuse(group, 'UNRELEASED_INSTANCE', `${instanceId} is in the group as member ${holder.memberId}`);
}

function joinAnew(group: Group, command: HeartbeatCommand, context: StepContext): Outcome {
  const { membersPerGroupMax, groupEpochMax } = coordinatorLimits;
  if (group.members.size >= membersPerGroupMax)
    return refuse(group, 'GROUP_LIMIT', `a group has at most ${membersPerGroupMax} members`);
  if (group.groupEpoch >= groupEpochMax) {
    return refuse(
      group,
      'GROUP_LIMIT',
      'the group has used up its epochs: stop all its members once, it begins anew then',
    );
  }
  const member: Member = {
    ...voidOwnership,
    ...settingsOf(command, defaultsFor(context), context.nowMs),
    memberId: command.memberId,
    instanceId: command.instanceId,
    place: group.members.nextPlace,
    target: noPartitions,
    memberEpoch: 0,
    previousEpoch: 0,
  };
  const joined = { ...group, members: group.members.with(member), emptySinceMs: null };
  return arrive(retarget(joined, context.topics), member.memberId, context);
}

/** Comes back under the same or another id, to the same target if it wants the same topics. */
function takePlace(
  group: Group,
  before: Member,
  { command, context }: { command: HeartbeatCommand; context: StepContext },
): Outcome {
  const settings = settingsOf(command, { ...defaultsFor(context), topics: before.topics }, context.nowMs);
  const member: Member = { ...before, ...voidOwnership, ...settings, memberId: command.memberId };
  const isReplaced = before.memberId !== member.memberId;
  const others = isReplaced ? group.members.without(new Set([before.memberId])) : group.members;
  const seated = { ...group, members: others.with(member) };
  const aimed = wantsOtherTarget(settings, before) ? retarget(seated, context.topics) : seated;
  const arrived = arrive(aimed, member.memberId, context);
  return isReplaced ? { ...arrived, evicted: [{ memberId: before.memberId, reason: 'replaced' }] } : arrived;
}

/**
 * The epoch of whoever joins is that of the target. There is none before it: an answer that was lost is asked for by
 * joining again.
 */
function arrive(group: Group, memberId: string, context: StepContext): Outcome {
  const epochs = { memberEpoch: group.targetEpoch, previousEpoch: group.targetEpoch };
  const member = { ...group.members.get(memberId)!, ...epochs };
  const seated = { ...group, members: group.members.with(member) };
  const told = reconcile(seated, member, context.nowMs);
  return outcome({ ...seated, members: seated.members.with(told) }, replyTo(told, { assignment: told.assigned }));
}

const voidOwnership: Pick<Member, 'assigned' | 'revoking' | 'revokeByMs' | 'isAway'> = {
  assigned: noPartitions,
  revoking: noPartitions,
  revokeByMs: null,
  isAway: false,
};

function defaultsFor(context: StepContext): SettingsBefore {
  return {
    sessionTimeoutMs: context.sessionTimeoutMs ?? coordinatorLimits.sessionTimeoutMs,
    rebalanceTimeoutMs: coordinatorLimits.rebalanceTimeoutMs,
    assignor: 'uniform',
    topics: [],
  };
}

function holderOf(group: Group, instanceId: string): Member | null {
  for (const member of group.members.values()) if (member.instanceId === instanceId) return member;
  return null;
}
