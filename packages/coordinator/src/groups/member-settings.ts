/**
 * What a heartbeat says about its member: checked, and as the member has it from then on.
 */
import { checkTopicName } from '@q/protocol';
import { coordinatorLimits } from '../limits.ts';
import { assignorNames } from './assignor.ts';
import { checkIdentifier } from '../identifier.ts';
import type { HeartbeatCommand, Refusal } from './group-step.ts';
import type { AssignorName, Member } from './member.ts';
import { compareTexts } from './range.ts';

type Settings = Pick<
  Member,
  | 'clientId'
  | 'host'
  | 'sessionTimeoutMs'
  | 'rebalanceTimeoutMs'
  | 'assignor'
  | 'topics'
  | 'lastHeartbeatMs'
  | 'stalledMs'
>;

/** What stands in the fields that a heartbeat leaves unchanged. */
export type SettingsBefore = Pick<Settings, 'sessionTimeoutMs' | 'rebalanceTimeoutMs' | 'assignor' | 'topics'>;

const unchanged = -1;

/** Why the values make no sense, or null. */
export function settingsFault(command: HeartbeatCommand): Refusal | null {
  const limits = coordinatorLimits;
  const memberIdFault = checkIdentifier(command.memberId, 'a member id', limits.memberIdCharactersMax);
  if (memberIdFault !== null) return invalid(memberIdFault);
  if (command.assignor !== null && !isAssignor(command.assignor)) {
    return refused(
      'UNSUPPORTED_ASSIGNOR',
      `there is no assignor ${JSON.stringify(command.assignor)}, only ${assignorNames.join(' and ')}`,
    );
  }
  const { sessionTimeoutMs, rebalanceTimeoutMs, stalledMs } = command;
  if (!isTimeout(sessionTimeoutMs, limits.sessionTimeoutMsMin, limits.sessionTimeoutMsMax)) {
    return invalid(
      `sessionTimeoutMs is ${limits.sessionTimeoutMsMin} to ${limits.sessionTimeoutMsMax}, not ${sessionTimeoutMs}`,
    );
  }
  if (!isTimeout(rebalanceTimeoutMs, limits.rebalanceTimeoutMsMin, limits.rebalanceTimeoutMsMax)) {
    return invalid(
      `rebalanceTimeoutMs is ${limits.rebalanceTimeoutMsMin} to ${limits.rebalanceTimeoutMsMax}, not ${rebalanceTimeoutMs}`,
    );
  }
  if (!(stalledMs >= 0)) return invalid(`stalledMs is 0 or more, not ${stalledMs}`);
  return command.topics === null ? null : topicsFault(command.topics);
}

/** The command must have been checked with `settingsFault`. */
export function settingsOf(command: HeartbeatCommand, before: SettingsBefore, nowMs: number): Settings {
  return {
    clientId: clientText(command.clientId),
    host: clientText(command.host),
    sessionTimeoutMs: command.sessionTimeoutMs === unchanged ? before.sessionTimeoutMs : command.sessionTimeoutMs,
    rebalanceTimeoutMs:
      command.rebalanceTimeoutMs === unchanged ? before.rebalanceTimeoutMs : command.rebalanceTimeoutMs,
    assignor: (command.assignor as AssignorName | null) ?? before.assignor,
    topics: command.topics === null ? before.topics : orderedTopics(command.topics, before.topics),
    lastHeartbeatMs: nowMs,
    stalledMs: command.stalledMs,
  };
}

/** Whether the target depends on what is different between the two. */
export function wantsOtherTarget(member: Settings, before: SettingsBefore): boolean {
  return member.topics !== before.topics || member.assignor !== before.assignor;
}

function topicsFault(topics: readonly string[]): Refusal | null {
  const max = coordinatorLimits.topicsPerMemberMax;
  if (topics.length > max) return invalid(`a member may want ${max} topics, not ${topics.length}`);
  for (const name of topics) {
    const fault = checkTopicName(name);
    if (fault !== null) return invalid(fault);
  }
  return null;
}

/** Ascending, each once; the list that was there when it is the same. */
function orderedTopics(topics: readonly string[], before: readonly string[]): readonly string[] {
  const ordered = [...new Set(topics)].sort(compareTexts);
  const isSame = ordered.length === before.length && ordered.every((name, index) => name === before[index]);
  return isSame ? before : ordered;
}

function isAssignor(name: string): boolean {
  return (assignorNames as readonly string[]).includes(name);
}

function isTimeout(value: number, min: number, max: number): boolean {
  return value === unchanged || (Number.isInteger(value) && value >= min && value <= max);
}

/** A cut may leave half a character, which could not be stored. */
function clientText(text: string): string {
  const max = coordinatorLimits.clientTextCharactersMax;
  return text.length <= max && text.isWellFormed() ? text : text.slice(0, max).toWellFormed();
}

function invalid(message: string): Refusal {
  return refused('INVALID_REQUEST', message);
}

function refused(code: Refusal['code'], message: string): Refusal {
  return { kind: 'refused', code, message };
}
