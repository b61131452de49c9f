/**
 * Commits offsets of groups, and tells what was committed (rows C4, G3).
 *
 * A commit costs the same whatever the group holds: one look at who owns the partition, one record. It counts from its
 * arrival on, so that a member that commits and then gives a partition up has committed; it is answered when it is
 * durable.
 */
import { checkOffsetAccess, coordinatorLimits, mayCommit } from '@q/coordinator';
import type { CommittedOffsets, OffsetRefusal } from '@q/coordinator';
import { QError } from '@q/protocol';
import type { Clock } from '../../clock.ts';
import { toPartitionError } from '../../errors/wire-error.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import { checkPartitionCount, requirePartition, requireTopicId } from '../topics/partition-lookup.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Partition } from '../topics/topic.ts';
import { AnswerRoom } from './answer-room.ts';
import type { GroupDirectory } from './group-directory.ts';
import type { LiveGroup } from './live-group.ts';

export interface OffsetToCommit {
  readonly partition: number;
  readonly offset: number;
  /** Of the record before it; -1 when the caller does not know. */
  readonly leaderEpoch: number;
  readonly metadata: string | null;
}

/** Who asks about the offsets of a group: one of its members, or with an empty id somebody who is none. */
export interface OffsetAccess {
  readonly groupId: string;
  readonly memberId: string;
  readonly memberEpoch: number;
}

export interface OffsetCommits extends OffsetAccess {
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly OffsetToCommit[] }[];
}

export interface OffsetsSought extends OffsetAccess {
  /** Null: all that the group has. */
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly number[] }[] | null;
}

export interface PartitionOutcome {
  readonly partition: number;
  readonly error: QError | null;
}

export interface CommittedTopic {
  readonly topicId: string;
  readonly partitions: readonly PartitionOutcome[];
}

/** -1 and null where nothing was committed. */
export interface OffsetFound extends PartitionOutcome {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string | null;
  /** In ms since 1970. */
  readonly committedAtMs: number;
}

export interface TopicOffsets {
  readonly topicId: string;
  /** Empty for a topic that is gone. */
  readonly name: string;
  readonly partitions: readonly OffsetFound[];
}

export interface GroupOffsetsOptions {
  readonly directory: GroupDirectory;
  readonly registry: TopicRegistry;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
  /** Called when a group may have come into being. */
  readonly grown: () => void;
}

export class GroupOffsets {
  readonly #options: GroupOffsetsOptions;

  constructor(options: GroupOffsetsOptions) {
    this.#options = options;
  }

  /** Before the first await the offsets are taken, so that what comes after on the connection sees them. */
  async commit(request: OffsetCommits): Promise<CommittedTopic[]> {
    const { directory, limits, logger, grown } = this.#options;
    checkPartitionCount(request.topics, limits);
    const known = directory.find(request.groupId);
    const refusal = checkOffsetAccess(known?.group ?? null, request, 'commit');
    if (refusal !== null) return refuse(known, refusal);
    const live = known ?? directory.obtain(request.groupId);
    const answer = this.#take(live, request);
    const settled = live.settled();
    directory.forgetIfGone(live);
    grown();
    try {
      await settled;
      return answer;
    } catch (thrown) {
      return failAll(answer, toPartitionError(thrown, logger));
    }
  }

  /** Before the first await the answer is made, so that it holds exactly the commits that came before. */
  async fetch(request: OffsetsSought): Promise<TopicOffsets[]> {
    const { directory, limits } = this.#options;
    if (request.topics !== null) checkPartitionCount(request.topics, limits);
    const live = directory.find(request.groupId);
    const refusal = checkOffsetAccess(live?.group ?? null, request, 'fetch');
    if (refusal !== null) return refuse(live, refusal);
    const topics = this.#lookUp(live?.offsets ?? null, request);
    await live?.settled();
    return topics;
  }

  #take(live: LiveGroup, { memberId, topics }: OffsetCommits): CommittedTopic[] {
    return topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map((wanted) => this.#takeOne(live, { memberId, topicId, wanted })),
    }));
  }

  #takeOne(
    live: LiveGroup,
    { memberId, topicId, wanted }: { memberId: string; topicId: string; wanted: OffsetToCommit },
  ): PartitionOutcome {
    const { registry, clock, logger } = this.#options;
    const { partition, offset, leaderEpoch, metadata } = wanted;
    try {
      const place = requirePartition(requireTopicId(registry, topicId), partition);
      if (memberId !== '' && !mayCommit(live.group!, memberId, topicId, partition)) throw notOwned(place, memberId);
      checkOffset(place, offset);
      checkMetadata(metadata);
      const commit = { offset, leaderEpoch, metadata, committedAtMs: clock.now() };
      live.putOffset({ topicId, partition }, commit, clock.monotonic());
      return { partition, error: null };
    } catch (thrown) {
      return { partition, error: toPartitionError(thrown, logger) };
    }
  }

  #lookUp(offsets: CommittedOffsets | null, { topics }: OffsetsSought): TopicOffsets[] {
    const room = new AnswerRoom(this.#options.limits);
    const wanted = topics ?? (offsets === null ? [] : placesByTopic(offsets));
    return wanted.map(({ topicId, partitions }) => ({
      topicId,
      name: this.#options.registry.byId(topicId)?.name ?? '',
      partitions: partitions.map((partition) => {
        const found = this.#lookUpOne(offsets, topicId, partition);
        room.takeTexts(found.metadata);
        return found;
      }),
    }));
  }

  #lookUpOne(offsets: CommittedOffsets | null, topicId: string, partition: number): OffsetFound {
    const committed = offsets?.get(topicId, partition) ?? null;
    if (committed !== null) {
      const { offset, leaderEpoch, metadata, committedAtMs } = committed;
      return { partition, error: null, offset, leaderEpoch, metadata, committedAtMs };
    }
    const error = this.#missing(topicId, partition);
    return { partition, error, offset: -1, leaderEpoch: -1, metadata: null, committedAtMs: -1 };
  }

  /** Without an offset: null when the partition is there, or the error that says that it is not. */
  #missing(topicId: string, partition: number): QError | null {
    try {
      requirePartition(requireTopicId(this.#options.registry, topicId), partition);
      return null;
    } catch (thrown) {
      return toPartitionError(thrown, this.#options.logger);
    }
  }
}

/** What the refusal rests on may not be durable yet, and is taken back if it never will be. */
async function refuse(live: LiveGroup | null, { code, message }: OffsetRefusal): Promise<never> {
  await live?.settled();
  throw new QError(code, message);
}

/** @throws QError OFFSET_OUT_OF_RANGE. Below the start is fine: the consumer was slow, not wrong. */
export function checkOffset(partition: Partition, offset: number): void {
  const { highWatermark } = partition.requireLog();
  if (offset >= 0 && offset <= highWatermark) return;
  const { topic, index } = partition;
  const message = `partition ${index} of topic ${topic.name} ends at ${highWatermark}; offset ${offset} cannot be committed`;
  throw new QError('OFFSET_OUT_OF_RANGE', message, {
    details: { topic: topic.name, partition: index, offset, highWatermark },
  });
}

function checkMetadata(metadata: string | null): void {
  const charactersMax = coordinatorLimits.metadataCharactersMax;
  if (metadata === null || metadata.length <= charactersMax) return;
  const message = `the text of a commit has at most ${charactersMax} characters, not ${metadata.length}`;
  throw new QError('INVALID_REQUEST', message, { details: { characters: metadata.length, charactersMax } });
}

function notOwned({ topic, index }: Partition, memberId: string): QError {
  const message = `partition ${index} of topic ${topic.name} does not belong to member ${memberId}`;
  return new QError('PARTITION_NOT_OWNED', message, { details: { topic: topic.name, partition: index, memberId } });
}

function failAll(answer: readonly CommittedTopic[], error: QError): CommittedTopic[] {
  return answer.map(({ topicId, partitions }) => ({
    topicId,
    // What was refused from the start keeps its own reason.
    partitions: partitions.map((part) => (part.error === null ? { ...part, error } : part)),
  }));
}

/** The partitions that have an offset, ascending in each topic. */
export function placesByTopic(offsets: CommittedOffsets): { topicId: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>();
  for (const { topicId, partition } of offsets.entries()) {
    const partitions = topics.get(topicId);
    if (partitions === undefined) topics.set(topicId, [partition]);
    else partitions.push(partition);
  }
  return [...topics].map(([topicId, partitions]) => ({
    topicId,
    partitions: partitions.sort((left, right) => left - right),
  }));
}
