/**
 * Groups whose members assign, in the words of the others: for people who look at all groups in one way. Which topics
 * and partitions their members have is known to these alone.
 */
import type { ClassicGroup, ClassicMember, GroupState } from '@q/coordinator';
import type { GroupDescription, MemberDescription } from './group-description.ts';

const states = {
  Empty: 'empty',
  PreparingRebalance: 'reconciling',
  CompletingRebalance: 'assigning',
  Stable: 'stable',
} as const satisfies Record<ClassicGroup['state'], GroupState>;

/** A group that nobody has joined is empty. */
export function classicGroupState(group: ClassicGroup | null): GroupState {
  return group === null ? 'empty' : states[group.state];
}

export function describeClassicGroup(
  group: ClassicGroup,
  { nowMs }: { readonly nowMs: number },
): Omit<GroupDescription, 'groupId' | 'partitions'> {
  const { generation, protocolName, members } = group;
  return {
    state: classicGroupState(group),
    assignor: protocolName ?? '',
    groupEpoch: generation,
    targetEpoch: generation,
    members: [...members.values()].map((member) => describeMember(group, member, nowMs)),
  };
}

function describeMember({ state, generation }: ClassicGroup, member: ClassicMember, nowMs: number): MemberDescription {
  const { memberId, instanceId, clientId, host, sessionTimeoutMs, lastHeartbeatMs, waits } = member;
  const sinceHeartbeatMs = Math.max(0, Math.round(nowMs - lastHeartbeatMs));
  return {
    memberId,
    instanceId,
    clientId,
    host,
    memberEpoch: generation,
    state: state === 'Stable' ? 'stable' : 'unreleased',
    topics: [],
    assigned: [],
    target: [],
    sinceHeartbeatMs,
    sessionTimeoutMs,
    stalledMs: 0,
    // Three heartbeats come in a session, as a rule. Who waits for the others sends none.
    stalled: waits === null && sinceHeartbeatMs > (2 * sessionTimeoutMs) / 3,
  };
}
