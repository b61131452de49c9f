/**
 * Groups whose members assign, in the words of the others: for people who look at all groups in one way. What their
 * members want and have is told as far as it is understood (`ClassicLanguages`).
 */
import type { ClassicGroup, ClassicMember, GroupState } from '@q/coordinator';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { ClassicLanguages, ClassicPossession, NamedPartitions } from './classic-languages.ts';
import type { DescribedMembers, MemberDescription } from './member-description.ts';
import type { AssignedTopic } from './topic-view.ts';

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

export interface ClassicDescriptionOptions {
  readonly registry: TopicRegistry;
  readonly languages: ClassicLanguages;
  readonly nowMs: number;
}

export function describeClassicGroup(group: ClassicGroup, options: ClassicDescriptionOptions): DescribedMembers {
  const { generation, protocolName, members } = group;
  const possessions = options.languages.possessions(group);
  return {
    state: classicGroupState(group),
    assignor: protocolName ?? '',
    groupEpoch: generation,
    targetEpoch: generation,
    members: [...members.values()].map((member) =>
      describeMember(group, member, { ...options, possession: possessions.get(member.memberId)! }),
    ),
  };
}

function describeMember(
  { state, generation }: ClassicGroup,
  member: ClassicMember,
  { registry, nowMs, possession }: ClassicDescriptionOptions & { readonly possession: ClassicPossession },
): MemberDescription {
  const { memberId, instanceId, clientId, host, sessionTimeoutMs } = member;
  const assigned = possession.assigned.flatMap((partitions) => assignedTopic(partitions, registry));
  return {
    memberId,
    instanceId,
    clientId,
    host,
    memberEpoch: generation,
    state: state === 'Stable' ? 'stable' : 'unreleased',
    topics: possession.topics,
    assigned,
    target: assigned,
    sinceHeartbeatMs: sinceHeartbeatMs(member, nowMs),
    sessionTimeoutMs,
    stalledMs: 0,
    stalled: isClassicStalled(member, nowMs),
  };
}

function sinceHeartbeatMs({ lastHeartbeatMs }: ClassicMember, nowMs: number): number {
  return Math.max(0, Math.round(nowMs - lastHeartbeatMs));
}

/** Three heartbeats come in a session, as a rule. Who waits for the others sends none. */
export function isClassicStalled(member: ClassicMember, nowMs: number): boolean {
  return member.waits === null && sinceHeartbeatMs(member, nowMs) > (2 * member.sessionTimeoutMs) / 3;
}

/** The leader may have assigned what is not there: a topic that was deleted since, say. */
function assignedTopic({ topic: name, partitions }: NamedPartitions, registry: TopicRegistry): AssignedTopic[] {
  const topic = registry.byName(name);
  if (topic === undefined) return [];
  const there = partitions.filter((partition) => topic.partitions[partition] !== undefined);
  return [{ topicId: topic.id, name, partitions: [...new Set(there)].sort((left, right) => left - right) }];
}
