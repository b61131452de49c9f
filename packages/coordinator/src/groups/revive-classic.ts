/**
 * A classic group as its records tell of it, when a broker starts: its members go on in their generation, with new
 * sessions. One whose leader had not assigned yet waits for that.
 */
import { storedForm } from './classic-changes.ts';
import { createClassicGroup } from './classic-group.ts';
import type { ClassicGroup, ClassicState } from './classic-group.ts';
import { classicMemberBytes, noClassicMembers } from './classic-member.ts';
import type { ClassicMember, DurableClassicMember } from './classic-member.ts';
import type { ClassicStateRecord } from './classic-record.ts';

export function reviveClassic(
  { groupId, generation, protocolType, protocolName, leaderId, isAssigned }: ClassicStateRecord,
  options: { members: Iterable<DurableClassicMember>; emptySinceMs: number | null; nowMs: number },
): ClassicGroup {
  const { emptySinceMs, nowMs } = options;
  const momentary = {
    lastHeartbeatMs: nowMs,
    waits: null,
    isNew: false,
    knowsId: true,
    hasSynced: isAssigned,
  } as const;
  const revived = [...options.members].map((member): ClassicMember => ({ ...member, ...momentary }));
  const patienceMs = Math.max(0, ...revived.map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs));
  const state = stateOf(revived, isAssigned);
  const group: ClassicGroup = {
    ...createClassicGroup(groupId, { nowMs }),
    state,
    generation,
    protocolType,
    protocolName,
    leaderId,
    emptySinceMs,
    members: noClassicMembers.of(revived),
    syncByMs: state === 'CompletingRebalance' ? nowMs + patienceMs : null,
    bytes: revived.reduce((sum, member) => sum + classicMemberBytes(member), 0),
  };
  return { ...group, stored: storedForm(group) };
}

function stateOf(members: readonly ClassicMember[], isAssigned: boolean): ClassicState {
  if (members.length === 0) return 'Empty';
  return isAssigned ? 'Stable' : 'CompletingRebalance';
}
