/**
 * What can be told of a group: its members, and each partition with its owner, committed offset and lag (row G3).
 */
import {
  countPartitions,
  groupAssignor,
  groupState,
  memberIsStalled,
  memberState,
  partitionsByTopic,
} from '@q/coordinator';
import type { CommittedOffset, Group, Member, PartitionsByTopic } from '@q/coordinator';
import type { BrokerLimits } from '../../limits.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Topic } from '../topics/topic.ts';
import { AnswerRoom } from './answer-room.ts';
import { describeClassicGroup } from './classic-description.ts';
import type { ClassicLanguages } from './classic-languages.ts';
import type { HeldHeartbeats } from './held-heartbeats.ts';
import { wantedTopics } from './live-group.ts';
import type { LiveGroup } from './live-group.ts';
import { heartbeatIntervalMs } from './member-heartbeats.ts';
import type { DescribedMembers, MemberDescription } from './member-description.ts';
import { assignedTopics } from './topic-view.ts';

/** The texts of all commits of a large group could fill the frame alone: beyond this they are left out. */
const metadataBytesMax = 1 << 20;

const partitionBytes = 4;

export interface GroupPartition {
  readonly topicId: string;
  /** Empty for a topic that is gone. */
  readonly name: string;
  readonly partition: number;
  readonly memberId: string | null;
  /** -1 where nothing was committed. */
  readonly committedOffset: number;
  readonly leaderEpoch: number;
  readonly metadata: string | null;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly lag: number;
  /** False: there may be fewer. */
  readonly lagExact: boolean;
  readonly sinceProgressMs: number;
}

/** A group as it is shown, whoever assigns its partitions. */
export interface GroupDescription extends DescribedMembers {
  readonly groupId: string;
  readonly partitions: readonly GroupPartition[];
}

export interface DescriptionOptions {
  readonly registry: TopicRegistry;
  readonly held: HeldHeartbeats;
  readonly languages: ClassicLanguages;
  readonly limits: BrokerLimits;
  readonly nowMs: number;
  readonly wallMs: number;
}

/** @throws QError INVALID_REQUEST when the group is too large for one answer */
export function describeGroup(live: LiveGroup, options: DescriptionOptions): GroupDescription {
  const { groupId, group, classic } = live;
  const room = new AnswerRoom(options.limits);
  const describedClassic = classic === null ? null : describeClassicGroup(classic, options);
  const partitions = describePartitions(live, describedClassic?.members ?? [], options);
  for (const { name, memberId, metadata } of partitions) room.takeTexts(name, memberId, metadata);
  if (describedClassic !== null) {
    for (const { memberId, topics, assigned } of describedClassic.members) {
      room.takeTexts(memberId, ...topics);
      room.take(partitionBytes * assigned.reduce((sum, topic) => sum + topic.partitions.length, 0));
    }
    return { groupId, ...describedClassic, partitions };
  }
  if (group === null) {
    const nobody = { state: 'empty', assignor: 'uniform', groupEpoch: 0, targetEpoch: 0, members: [] };
    return { groupId, ...nobody, partitions };
  }
  for (const { memberId, topics, assigned, target } of group.members.values()) {
    room.takeTexts(memberId, ...topics);
    room.take(partitionBytes * (countPartitions(assigned) + countPartitions(target)));
  }
  return {
    groupId,
    state: groupState(group),
    assignor: groupAssignor(group),
    groupEpoch: group.groupEpoch,
    targetEpoch: group.targetEpoch,
    members: [...group.members.values()]
      .sort((left, right) => compare(left.memberId, right.memberId))
      .map((member) => describeMember(group, member, options)),
    partitions,
  };
}

function describeMember(group: Group, member: Member, options: DescriptionOptions): MemberDescription {
  const { memberId, instanceId, clientId, host, memberEpoch, topics, sessionTimeoutMs, stalledMs } = member;
  const { registry, nowMs } = options;
  return {
    memberId,
    instanceId,
    clientId,
    host,
    memberEpoch,
    state: memberState(group, member),
    topics,
    assigned: assignedTopics(member.assigned, registry),
    target: assignedTopics(member.target, registry),
    sinceHeartbeatMs: Math.max(0, Math.round(nowMs - member.lastHeartbeatMs)),
    sessionTimeoutMs,
    stalledMs,
    stalled: isStalled(group, member, options),
  };
}

/** It makes no progress although records wait, or its heartbeat is overdue. */
export function isStalled(
  { groupId }: Group,
  member: Member,
  { held, limits, nowMs }: Pick<DescriptionOptions, 'held' | 'limits' | 'nowMs'>,
): boolean {
  // While the broker itself holds a heartbeat, the next one is not due.
  const isHeld = held.holds({ groupId, memberId: member.memberId });
  const intervalMs = isHeld ? limits.heldHeartbeatMsMax : heartbeatIntervalMs(member.sessionTimeoutMs);
  return memberIsStalled(member, { nowMs, heartbeatIntervalMs: intervalMs });
}

/**
 * Every partition of the topics that members own or want, or that have a committed offset, by topic name and number.
 */
function describePartitions(
  live: LiveGroup,
  classicMembers: readonly MemberDescription[],
  options: DescriptionOptions,
): GroupPartition[] {
  const { registry, wallMs } = options;
  const places = placesOf(live, classicMembers, registry);
  const topics = [...places].map(([topicId, owners]) => ({ topicId, owners, topic: registry.byId(topicId) ?? null }));
  topics.sort(
    (left, right) => compare(left.topic?.name ?? '', right.topic?.name ?? '') || compare(left.topicId, right.topicId),
  );
  let metadataBytes = 0;
  return topics.flatMap(({ topicId, owners, topic }) =>
    [...owners.keys()]
      .sort((left, right) => left - right)
      .map((partition) => {
        const committed = live.offsets.get(topicId, partition);
        metadataBytes += Buffer.byteLength(committed?.metadata ?? '');
        return {
          topicId,
          name: topic?.name ?? '',
          partition,
          memberId: owners.get(partition) ?? null,
          metadata: metadataBytes > metadataBytesMax ? null : (committed?.metadata ?? null),
          ...describeOffset(committed, wallMs),
          ...describeLag(topic, partition, committed),
        };
      }),
  );
}

function describeOffset(
  committed: CommittedOffset | null,
  wallMs: number,
): Pick<GroupPartition, 'committedOffset' | 'leaderEpoch' | 'sinceProgressMs'> {
  if (committed === null) return { committedOffset: -1, leaderEpoch: -1, sinceProgressMs: -1 };
  // The clock of the machine may have been set back since.
  const sinceProgressMs = Math.max(0, wallMs - committed.progressedAtMs);
  return { committedOffset: committed.offset, leaderEpoch: committed.leaderEpoch, sinceProgressMs };
}

function describeLag(
  topic: Topic | null,
  partition: number,
  committed: CommittedOffset | null,
): Pick<GroupPartition, 'logStartOffset' | 'highWatermark' | 'lag' | 'lagExact'> {
  const log = topic?.partitions[partition]?.log ?? null;
  if (log === null) return { logStartOffset: -1, highWatermark: -1, lag: -1, lagExact: false };
  const { logStartOffset, highWatermark } = log;
  // A crash may have cut the log below what was committed, and a trim its start above that: what is gone is no lag.
  const { records: lag, isExact: lagExact } = log.recordsFrom(committed?.offset ?? logStartOffset);
  return { logStartOffset, highWatermark, lag, lagExact };
}

/** By topic id and partition: the member that owns it, or null. */
function placesOf(
  live: LiveGroup,
  classicMembers: readonly MemberDescription[],
  registry: TopicRegistry,
): Map<string, Map<number, string | null>> {
  const places = new Map<string, Map<number, string | null>>();
  const add = (topicId: string, partition: number, owner: string | null): void => {
    let topic = places.get(topicId);
    if (topic === undefined) places.set(topicId, (topic = new Map()));
    topic.set(partition, owner ?? topic.get(partition) ?? null);
  };
  const addAll = (partitions: PartitionsByTopic, owner: string | null): void => {
    for (const [topicId, numbers] of partitions) for (const partition of numbers) add(topicId, partition, owner);
  };
  for (const member of live.group?.members.values() ?? []) {
    addAll(member.assigned, member.memberId);
    addAll(member.revoking, member.memberId);
  }
  for (const { memberId, assigned } of classicMembers) addAll(partitionsByTopic(assigned), memberId);
  const whole = new Set<string>();
  const addTopic = (topic: Topic | undefined): void => {
    if (topic === undefined || topic.internal || whole.has(topic.id)) return;
    whole.add(topic.id);
    for (const { index } of topic.partitions) add(topic.id, index, null);
  };
  const wanted = new Set([...wantedTopics(live), ...classicMembers.flatMap(({ topics }) => topics)]);
  for (const name of wanted) addTopic(registry.byName(name));
  for (const { topicId, partition } of live.offsets.entries()) {
    // A partition of a topic that the group reads lags also where nothing was committed in it yet.
    addTopic(registry.byId(topicId));
    add(topicId, partition, null);
  }
  return places;
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
