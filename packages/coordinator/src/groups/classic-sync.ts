/**
 * Members ask for their assignments. Those of the others wait for the leader, which brings everybody's.
 */
import { coordinatorLimits } from '../limits.ts';
import type { ClassicGroup } from './classic-group.ts';
import { noAssignment } from './classic-member.ts';
import type { ClassicMember } from './classic-member.ts';
import { prepareRebalance } from './classic-rebalance.ts';
import type { ClassicRefusal, ClassicResult, ClassicSyncCommand, ClassicSynced } from './classic-step.ts';
import { nameFault, refused } from './classic-turn.ts';
import type { ClassicTurn } from './classic-turn.ts';

export function syncClassic(turn: ClassicTurn, command: ClassicSyncCommand): ClassicResult {
  const fault = syncFault(turn.group, command);
  if (fault !== null) return refused(fault);
  const { memberId } = command;
  const { state, leaderId } = turn.group;
  const member = turn.group.members.get(memberId)!;
  turn.put({ ...member, hasSynced: true, waits: 'sync', lastHeartbeatMs: turn.context.nowMs });
  if (state === 'CompletingRebalance' && memberId === leaderId) assign(turn, command.assignments);
  else if (state === 'Stable') tell(turn, memberId);
  if (turn.group.syncByMs !== null && haveAllSynced(turn.group)) turn.change({ syncByMs: null });
  return { kind: 'waits', memberId };
}

/** Members that have not asked in time are out. */
export function syncingIsOver(turn: ClassicTurn): void {
  const silent = [...turn.group.members.values()].filter(({ hasSynced }) => !hasSynced);
  turn.change({ syncByMs: null });
  if (silent.length === 0) return;
  turn.evict(silent, 'sync');
  prepareRebalance(turn);
}

function syncFault(group: ClassicGroup, command: ClassicSyncCommand): ClassicRefusal | null {
  const fault = nameFault(group, command);
  if (fault !== null) return fault;
  if (command.generation !== group.generation) return 'ILLEGAL_GENERATION';
  const { protocolType, protocolName, assignments } = command;
  if ((protocolType ?? group.protocolType) !== group.protocolType) return 'INCONSISTENT_GROUP_PROTOCOL';
  if ((protocolName ?? group.protocolName) !== group.protocolName) return 'INCONSISTENT_GROUP_PROTOCOL';
  if (group.state === 'PreparingRebalance') return 'REBALANCE_IN_PROGRESS';
  let bytes = 0;
  for (const assignment of assignments.values()) bytes += assignment.length;
  return bytes > coordinatorLimits.classicGroupBytesMax ? 'INVALID_REQUEST' : null;
}

/** Whoever the leader left out gets an assignment without bytes, never none: its client would ask again for ever. */
function assign(turn: ClassicTurn, assignments: ReadonlyMap<string, Buffer>): void {
  for (const member of turn.group.members.values()) {
    const assignment = assignments.get(member.memberId) ?? noAssignment;
    turn.put({ ...member, assignment: assignment.equals(member.assignment) ? member.assignment : assignment });
  }
  turn.change({ state: 'Stable' });
  for (const { memberId, waits } of turn.group.members.values()) if (waits === 'sync') tell(turn, memberId);
}

function tell(turn: ClassicTurn, memberId: string): void {
  const member = turn.group.members.get(memberId)!;
  turn.put({ ...member, waits: null, lastHeartbeatMs: turn.context.nowMs });
  turn.answer(memberId, syncedAs(turn.group, member));
}

function syncedAs({ protocolType, protocolName }: ClassicGroup, { assignment }: ClassicMember): ClassicSynced {
  return { kind: 'synced', protocolType, protocolName: protocolName ?? '', assignment };
}

function haveAllSynced({ members }: ClassicGroup): boolean {
  for (const { hasSynced } of members.values()) if (!hasSynced) return false;
  return true;
}
