/**
 * Commits offsets of groups, and tells what was committed (rows C4, G3).
 *
 * A commit costs the same whatever the group holds: one look at who owns the partition, one record. It counts from its
 * arrival on, so that a member that commits and then gives a partition up has committed; it is answered when it is
 * durable.
 */
import { checkOffsetAccess, coordinatorLimits, mayCommit } from '@q/coordinator';
import type { CommittedOffsets, OffsetCommit, OffsetRefusal, StagedOffset } from '@q/coordinator';
import { QError } from '@q/protocol';
import type { Clock } from '../../clock.ts';
import { toPartitionError } from '../../errors/wire-error.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import { checkPartitionCount, requirePartition, requireTopicId } from '../topics/partition-lookup.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Partition } from '../topics/topic.ts';
import { AnswerRoom } from './answer-room.ts';
import type { ClassicGroups, CommitClaim } from './classic-groups.ts';
import type { ClassicFault } from './waiting-members.ts';
import type { GroupDirectory } from './group-directory.ts';
import type { LiveGroup, OffsetPlace } from './live-group.ts';

/** What is to be committed of one partition. */
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

/** Commits of who is in a generation of a classic group, in a group whose partitions the broker assigns, or in none. */
export interface ClassicCommits extends Pick<OffsetCommits, 'topics'> {
  readonly groupId: string;
  readonly claim: CommitClaim;
}

export interface OffsetsSought extends OffsetAccess {
  /** Null: all that the group has. */
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly number[] }[] | null;
}

export interface PartitionOutcome {
  readonly partition: number;
  readonly error: QError | null;
}

/** What became of the commits of one topic. */
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

/** Offsets that a transaction may commit, and what was refused. */
export interface StagedCommits {
  readonly outcome: readonly CommittedTopic[];
  readonly offsets: readonly StagedOffset[];
}

/** What is committed of one topic. */
export interface TopicOffsets {
  readonly topicId: string;
  /** Empty for a topic that is gone. */
  readonly name: string;
  readonly partitions: readonly OffsetFound[];
}

/** What one of several groups has, or why that is not told. */
export type FoundGroupOffsets =
  | { readonly error: null; readonly topics: readonly TopicOffsets[] }
  | { readonly error: QError; readonly topics: null };

export interface GroupOffsetsOptions {
  readonly directory: GroupDirectory;
  readonly classic: Pick<ClassicGroups, 'checkCommit'>;
  readonly registry: TopicRegistry;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'defer'>;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
  /** Called when a group may have come into being. */
  readonly grown: () => void;
}

/** What is kept of an offset that somebody commits. @throws QError when none may be */
type OffsetOf = (partition: Partition, offset: number) => number;

/** What is done with an offset that may be committed. */
type PutOffset = (place: OffsetPlace, commit: OffsetCommit) => void;

interface Taking {
  readonly offsetOf: OffsetOf;
  readonly put: PutOffset;
}

/** Groups whose offsets are looked up in one turn of the event loop. */
export const offsetGroupsPerTurn = 64;

export class GroupOffsets {
  readonly #options: GroupOffsetsOptions;

  constructor(options: GroupOffsetsOptions) {
    this.#options = options;
  }

  /** Before the first await the offsets are taken, so that what comes after on the connection sees them. */
  async commit(request: OffsetCommits): Promise<CommittedTopic[]> {
    const { directory, limits } = this.#options;
    checkPartitionCount(request.topics, limits);
    const known = directory.find(request.groupId);
    const refusal = checkOffsetAccess(known?.group ?? null, request, 'commit') ?? checkNoneAssigns(known);
    if (refusal !== null) return refuse(known, refusal);
    const live = known ?? directory.obtain(request.groupId);
    return this.#answer(live, this.#take(live, request, this.#committing(live, checked)));
  }

  /**
   * The same for clients that may be members of a classic group. Whether an offset lies beyond the end is theirs to
   * know: they commit what the log had before it lost its end, and start where they are set to when they find out.
   * @throws QError UNKNOWN_GROUP for a generation of a group that is not there
   */
  async commitClassic(request: ClassicCommits): Promise<CommittedTopic[] | ClassicFault> {
    const { directory, classic, limits } = this.#options;
    const { groupId, claim, topics } = request;
    const known = directory.find(groupId);
    if (known?.group?.members.has(claim.memberId))
      return this.commit({ groupId, memberId: claim.memberId, memberEpoch: claim.generation, topics });
    checkPartitionCount(topics, limits);
    const fault = classic.checkCommit(groupId, claim);
    if (fault !== null) return refuseClaim(known, groupId, fault);
    const live = known ?? directory.obtain(groupId);
    return this.#answer(live, this.#take(live, { memberId: '', topics }, this.#committing(live, placeMeant)));
  }

  /**
   * What a transaction is to commit, as `commit` would take it: nothing is committed by this. Where its member stands
   * now counts; where it stands when the transaction ends does not.
   */
  async stage(request: OffsetCommits): Promise<StagedCommits> {
    const { directory, limits } = this.#options;
    checkPartitionCount(request.topics, limits);
    const known = directory.find(request.groupId);
    const refusal = checkOffsetAccess(known?.group ?? null, request, 'commit') ?? checkNoneAssigns(known);
    if (refusal !== null) return refuse(known, refusal);
    return this.#stage(known, request, checked);
  }

  /** The same for clients that may be members of a classic group; one that names no member is asked nothing. */
  async stageClassic(request: ClassicCommits): Promise<StagedCommits | ClassicFault> {
    const { directory, classic, limits } = this.#options;
    const { groupId, claim, topics } = request;
    const known = directory.find(groupId);
    if (known?.group?.members.has(claim.memberId))
      return this.stage({ groupId, memberId: claim.memberId, memberEpoch: claim.generation, topics });
    checkPartitionCount(topics, limits);
    const isNobody = claim.memberId === '' && claim.generation < 0;
    const fault = isNobody ? null : classic.checkCommit(groupId, claim);
    if (fault !== null) return refuseClaim(known, groupId, fault);
    return this.#stage(known, { memberId: '', topics }, placeMeant);
  }

  #stage(
    live: LiveGroup | null,
    { memberId, topics }: Pick<OffsetCommits, 'memberId' | 'topics'>,
    offsetOf: OffsetOf,
  ): StagedCommits {
    const offsets: StagedOffset[] = [];
    const put: PutOffset = (place, commit) => void offsets.push({ ...place, commit });
    return { outcome: this.#take(live, { memberId, topics }, { offsetOf, put }), offsets };
  }

  /** Before the first await the answer is made, so that it holds exactly the commits that came before. */
  async fetch(request: OffsetsSought): Promise<TopicOffsets[]> {
    const { directory, limits } = this.#options;
    if (request.topics !== null) checkPartitionCount(request.topics, limits);
    const live = directory.find(request.groupId);
    const refusal = checkOffsetAccess(live?.group ?? null, request, 'fetch');
    if (refusal !== null) return refuse(live, refusal);
    const topics = this.#lookUp(live?.offsets ?? null, request, new AnswerRoom(limits));
    await live?.settled();
    return topics;
  }

  /**
   * The same for several groups, whose answers have to fit in one frame, and for clients that may be members of classic
   * groups: anybody may ask for the offsets of these. A group that has no room is told an INVALID_REQUEST. Up to
   * `offsetGroupsPerTurn` groups are looked up before the first await; of more, others have their turn in between.
   */
  async fetchClassic(requests: readonly OffsetsSought[]): Promise<FoundGroupOffsets[]> {
    const { limits, clock } = this.#options;
    checkPartitionCount(
      requests.flatMap(({ topics }) => topics ?? []),
      limits,
    );
    const room = new AnswerRoom(limits);
    const found: Promise<FoundGroupOffsets>[] = [];
    for (const request of requests) {
      if (found.length > 0 && found.length % offsetGroupsPerTurn === 0) {
        await new Promise<void>((resolve) => clock.defer(resolve));
      }
      found.push(this.#fetchOne(request, room));
    }
    return Promise.all(found);
  }

  async #fetchOne(request: OffsetsSought, room: AnswerRoom): Promise<FoundGroupOffsets> {
    try {
      room.takeTexts(request.groupId);
      const live = this.#options.directory.find(request.groupId);
      const group = live?.group ?? null;
      const refusal = group === null ? null : checkOffsetAccess(group, request, 'fetch');
      if (refusal !== null) return await refuse(live, refusal);
      const topics = this.#lookUp(live?.offsets ?? null, request, room);
      await live?.settled();
      return { error: null, topics };
    } catch (thrown) {
      return { error: toPartitionError(thrown, this.#options.logger), topics: null };
    }
  }

  /** Tells what was taken, once it is durable. */
  async #answer(live: LiveGroup, answer: CommittedTopic[]): Promise<CommittedTopic[]> {
    const { directory, logger, grown } = this.#options;
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

  #committing(live: LiveGroup, offsetOf: OffsetOf): Taking {
    const { clock } = this.#options;
    return { offsetOf, put: (place, commit) => live.putOffset(place, commit, clock.monotonic()) };
  }

  #take(
    live: LiveGroup | null,
    { memberId, topics }: Pick<OffsetCommits, 'memberId' | 'topics'>,
    taking: Taking,
  ): CommittedTopic[] {
    return topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map((wanted) => this.#takeOne(live, { memberId, topicId, wanted, ...taking })),
    }));
  }

  #takeOne(
    live: LiveGroup | null,
    o: Taking & { memberId: string; topicId: string; wanted: OffsetToCommit },
  ): PartitionOutcome {
    const { memberId, topicId, wanted, offsetOf, put } = o;
    const { registry, clock, logger } = this.#options;
    const { partition, leaderEpoch, metadata } = wanted;
    try {
      const place = requirePartition(requireTopicId(registry, topicId), partition);
      if (memberId !== '' && !mayCommit(live!.group!, memberId, topicId, partition)) throw notOwned(place, memberId);
      const offset = offsetOf(place, wanted.offset);
      checkMetadata(metadata);
      const commit = { offset, leaderEpoch, metadata, committedAtMs: clock.now() };
      put({ topicId, partition }, commit);
      return { partition, error: null };
    } catch (thrown) {
      return { partition, error: toPartitionError(thrown, logger) };
    }
  }

  #lookUp(offsets: CommittedOffsets | null, { topics }: OffsetsSought, room: AnswerRoom): TopicOffsets[] {
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

/** Members that assign by themselves commit through their own protocol, so whoever comes here is none of them. */
function checkNoneAssigns(live: LiveGroup | null): OffsetRefusal | null {
  if (live === null || live.classic === null || live.memberCount === 0) return null;
  return { code: 'GROUP_NOT_EMPTY', message: 'only members may commit while the group has some' };
}

/** A generation of a group that is not there is told from an old one. */
async function refuseClaim(live: LiveGroup | null, groupId: string, fault: ClassicFault): Promise<ClassicFault> {
  const isMissing = !live?.exists && fault === 'ILLEGAL_GENERATION';
  await live?.settled();
  if (isMissing) throw new QError('UNKNOWN_GROUP', `there is no group ${JSON.stringify(groupId)}`);
  return fault;
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

function checked(partition: Partition, offset: number): number {
  checkOffset(partition, offset);
  return offset;
}

/**
 * Some Kafka clients commit -1 for the end and -2 for the start, as their way to reset a group. Kafka keeps these
 * numbers; here the place is looked up at once, so that whoever comes next knows where it is.
 * @throws QError OFFSET_OUT_OF_RANGE
 */
function placeMeant(partition: Partition, offset: number): number {
  if (offset >= 0) return offset;
  const { logStartOffset, highWatermark } = partition.requireLog();
  if (offset === -1) return highWatermark;
  if (offset === -2) return logStartOffset;
  const { topic, index } = partition;
  const message = `offset ${offset} cannot be committed for partition ${index} of topic ${topic.name}`;
  throw new QError('OFFSET_OUT_OF_RANGE', message, { details: { topic: topic.name, partition: index, offset } });
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
