/**
 * A member says that it is alive, what it owns and what it wants, or looks whether there is news.
 */
import type { Group } from './group.ts';
import type { HeartbeatCommand, StepContext } from './group-step.ts';
import type { Member } from './member.ts';
import { settingsOf, wantsOtherTarget } from './member-settings.ts';
import { outcome, refuse } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { isPartOf } from '../partitions.ts';
import { reconcile, release, toTargetEpoch } from './reconcile.ts';
import { replyTo } from './reply.ts';
import { retarget } from './target.ts';

export function stay(group: Group, command: HeartbeatCommand, context: StepContext): Outcome {
  const before = group.members.get(command.memberId);
  if (before === undefined)
    return refuse(group, 'UNKNOWN_MEMBER', `${command.memberId} is not in group ${group.groupId}`);
  const isRepeated = isRepetition(before, command);
  if (before.isAway || (command.memberEpoch !== before.memberEpoch && !isRepeated)) {
    const instead = before.isAway
      ? 'the member has left for a while'
      : `the epoch of the member is ${before.memberEpoch}`;
    return refuse(group, 'FENCED_MEMBER_EPOCH', `${instead}, not ${command.memberEpoch}`);
  }

  const settings = settingsOf(command, before, context.nowMs);
  const heard = put(group, { ...before, ...settings });
  const aimed = wantsOtherTarget(settings, before) ? retarget(heard, context.topics) : heard;
  // It is told again what it missed and nothing new, so that a second lost answer finds the epoch that it still has.
  if (isRepeated) return answer(aimed, before, { isWhole: true });
  const released = command.owned === null ? aimed : releaseOwned(aimed, before.memberId, command);
  return answer(advance(released, before.memberId, context), before, { isWhole: command.owned !== null });
}

/** Does not count as a sign of life. */
export function look(group: Group, memberId: string, context: StepContext): Outcome {
  const before = group.members.get(memberId);
  if (before === undefined || before.isAway)
    return refuse(group, 'UNKNOWN_MEMBER', `${memberId} is not in group ${group.groupId} any more`);
  return answer(advance(group, memberId, context), before, { isWhole: false });
}

/** The last answer may have been lost: then the member has the epoch before, and owns nothing but what it may. */
function isRepetition(member: Member, { memberEpoch, owned }: HeartbeatCommand): boolean {
  if (memberEpoch === member.memberEpoch || memberEpoch !== member.previousEpoch) return false;
  return owned !== null && isPartOf(owned, member.assigned, member.revoking);
}

function releaseOwned(group: Group, memberId: string, { owned }: HeartbeatCommand): Group {
  const before = group.members.get(memberId)!;
  const member = release(before, owned!);
  if (member === before) return group;
  const isDone = member.revoking.size === 0 && isPartOf(member.assigned, member.target);
  return put(group, isDone ? toTargetEpoch(group, member) : member);
}

function advance(group: Group, memberId: string, context: StepContext): Group {
  const member = group.members.get(memberId)!;
  const told = reconcile(group, member, context.nowMs);
  return told === member ? group : put(group, told);
}

function answer(group: Group, before: Member, { isWhole }: { isWhole: boolean }): Outcome {
  const member = group.members.get(before.memberId)!;
  const isNews = isWhole || member.assigned !== before.assigned;
  return outcome(group, replyTo(member, { assignment: isNews ? member.assigned : null }));
}

function put(group: Group, member: Member): Group {
  return { ...group, members: group.members.with(member) };
}
