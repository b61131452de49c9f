/**
 * The state machine of consumer groups whose partitions the broker assigns: RFC 4.
 *
 * Pure: the same group, command and context always give the same step. What has to be stored is not collected along the
 * way but found by comparing the group after the step with the one before, so that no change can miss its record.
 */
import { memberEpochCode } from '@q/protocol';
import type { Group } from './group.ts';
import { changedRecords } from './group-changes.ts';
import type { GroupCommand, GroupStep, HeartbeatCommand, StepContext } from './group-step.ts';
import { evictOverdue, leave, leaveForAWhile } from './depart.ts';
import { join } from './join.ts';
import { settingsFault } from './member-settings.ts';
import { outcome, refuse } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { hasNews } from './reconcile.ts';
import { look, stay } from './stay.ts';
import { retargetIfChanged } from './target.ts';

/** Applies one command. Nothing of the group that came in is changed. */
export function stepGroup(group: Group, command: GroupCommand, context: StepContext): GroupStep {
  const { group: after, result, evicted } = apply(group, command, context);
  const records = after === group ? [] : changedRecords(group, after, context);
  const wake = records.length === 0 ? [] : membersToWake(group, after, command);
  return { group: after, result, records, wake: [...evicted.map(({ memberId }) => memberId), ...wake], evicted };
}

function apply(group: Group, command: GroupCommand, context: StepContext): Outcome {
  switch (command.kind) {
    case 'heartbeat':
      return applyHeartbeat(group, command, context);
    case 'look':
      return look(group, command.memberId, context);
    case 'topics-changed':
      return outcome(retargetIfChanged(group, context.topics), { kind: 'none' });
    case 'tick':
      return evictOverdue(group, context);
  }
}

function applyHeartbeat(group: Group, command: HeartbeatCommand, context: StepContext): Outcome {
  const fault = settingsFault(command);
  if (fault !== null) return outcome(group, fault);
  switch (command.memberEpoch) {
    case memberEpochCode.join:
      return join(group, command, context);
    case memberEpochCode.leave:
      return leave(group, command, context);
    case memberEpochCode.leaveStatic:
      return leaveForAWhile(group, command, context);
    default:
      if (command.memberEpoch > 0) return stay(group, command, context);
      return refuse(group, 'INVALID_REQUEST', `a member epoch is -2 or more, not ${command.memberEpoch}`);
  }
}

/**
 * Those for whom there is news now and was none before. Whoever had some already was woken for it then, and hears all
 * there is when it looks: waking it at each step would make a thousand looks of every one while a large group forms.
 */
function membersToWake(before: Group, after: Group, command: GroupCommand): string[] {
  const itself = command.kind === 'heartbeat' || command.kind === 'look' ? command.memberId : null;
  const woken: string[] = [];
  for (const member of after.members.values()) {
    if (member.memberId === itself || !hasNews(after, member)) continue;
    const known = before.members.get(member.memberId);
    if (known === undefined || !hasNews(before, known)) woken.push(member.memberId);
  }
  return woken;
}
