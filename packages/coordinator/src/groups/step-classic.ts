/**
 * The state machine of classic groups: RFC 4.
 *
 * Pure: the same group, command and context always give the same step. What has to be stored is not collected along the
 * way but found by comparing the group after the step with what is stored.
 */
import { classicChanges } from './classic-changes.ts';
import type { ClassicGroup } from './classic-group.ts';
import { joinClassic } from './classic-join.ts';
import {
  abandonClassic,
  commitToClassic,
  heartbeatOfClassic,
  leaveClassic,
  takenBackClassic,
  tickClassic,
} from './classic-presence.ts';
import type { ClassicCommand, ClassicContext, ClassicResult, ClassicStep } from './classic-step.ts';
import { syncClassic } from './classic-sync.ts';
import { ClassicTurn } from './classic-turn.ts';

/** Applies one command. Nothing of the group that came in is changed. */
export function stepClassic(before: ClassicGroup, command: ClassicCommand, context: ClassicContext): ClassicStep {
  const turn = new ClassicTurn(before, context);
  const result = apply(turn, command);
  const { answers, evicted } = turn;
  const { stored, records } = classicChanges(turn.group, context);
  const after = { ...turn.group, stored };
  return { group: isNothing(after) ? null : after, result, answers, records, evicted };
}

function apply(turn: ClassicTurn, command: ClassicCommand): ClassicResult {
  switch (command.kind) {
    case 'join':
      return joinClassic(turn, command);
    case 'sync':
      return syncClassic(turn, command);
    case 'heartbeat':
      return heartbeatOfClassic(turn, command);
    case 'commit':
      return commitToClassic(turn, command);
    case 'leave':
      return leaveClassic(turn, command.members);
    case 'abandon':
      return abandonClassic(turn, command.memberId);
    case 'tick':
      return tickClassic(turn);
    case 'taken-back':
      return takenBackClassic(turn);
  }
}

function isNothing({ members, pending, stored }: ClassicGroup): boolean {
  return members.size === 0 && pending.size === 0 && stored === null;
}
