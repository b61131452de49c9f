/**
 * What operators do to groups that nobody works in: set their offsets, delete these, or all of the group (row G3).
 */
import { QError } from '@q/protocol';
import type { Author } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { toPartitionError } from '../../errors/wire-error.ts';
import { checkPartitionCount, requirePartition, requireTopicId } from '../topics/partition-lookup.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import { noAudit } from '../audit/audit.ts';
import type { AuditNotes } from '../audit/audit.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { ClassicLanguages } from './classic-languages.ts';
import type { GroupCoordinator } from './group-coordinator.ts';
import type { GroupDirectory } from './group-directory.ts';
import { checkOffset, placesByTopic } from './group-offsets.ts';
import type { PartitionOutcome } from './group-offsets.ts';
import { wantedTopics } from './live-group.ts';
import type { LiveGroup } from './live-group.ts';
import { stillCommitting } from './transaction-notes.ts';

export interface OffsetToSet {
  readonly partition: number;
  readonly offset: number;
}

export interface OffsetReset {
  readonly groupId: string;
  /** Only checks what would be set. */
  readonly validateOnly: boolean;
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly OffsetToSet[] }[];
}

export interface OffsetSet extends PartitionOutcome {
  /** -1 when there was none. */
  readonly previousOffset: number;
  readonly offset: number;
}

export interface TopicReset {
  readonly topicId: string;
  readonly partitions: readonly OffsetSet[];
}

export interface TopicToForget {
  readonly topicId: string;
  /** Null: all that have an offset. */
  readonly partitions: readonly number[] | null;
}

export interface OffsetDeletion {
  readonly groupId: string;
  readonly topics: readonly TopicToForget[];
}

/** What became of the offsets of one topic that were to be forgotten. */
export interface TopicForgotten {
  readonly topicId: string;
  readonly error: QError | null;
  /** How many offsets are gone. */
  readonly offsets: number;
}

export interface OffsetChangesOptions {
  readonly directory: GroupDirectory;
  readonly coordinator: GroupCoordinator;
  readonly languages: ClassicLanguages;
  readonly registry: TopicRegistry;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
  readonly audit?: AuditNotes;
}

/** Times that a deletion waits for transactions. */
const triesMax = 3;

export class OffsetChanges {
  readonly #options: OffsetChangesOptions;

  constructor(options: OffsetChangesOptions) {
    this.#options = options;
  }

  /** All or nothing: one offset that cannot be set keeps the others from being set. */
  async reset(request: OffsetReset, by?: Author): Promise<TopicReset[]> {
    const { directory, coordinator, limits } = this.#options;
    checkPartitionCount(request.topics, limits);
    const live = request.validateOnly ? directory.find(request.groupId) : directory.obtain(request.groupId);
    if (live !== null) refuseMembers(live);
    const checked = request.topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map((wanted) => this.#check(live, topicId, wanted)),
    }));
    const isValid = checked.every(({ partitions }) => partitions.every((part) => part.error === null));
    if (live === null || request.validateOnly) {
      await live?.settled();
      return checked;
    }
    if (isValid) this.#set(live, request);
    coordinator.keepSweeping();
    const settled = live.settled();
    directory.forgetIfGone(live);
    await settled;
    if (isValid) this.#tellSet(request, checked, by);
    return isValid ? checked : checked.map(withoutEffect);
  }

  /** Of topics that no member wants; which topics those are is checked one by one. */
  async deleteOffsets(request: OffsetDeletion, by?: Author): Promise<TopicForgotten[]> {
    const live = this.#options.directory.require(request.groupId);
    checkTopicCount(request, this.#options.limits);
    const committed = new Map(placesByTopic(live.offsets).map(({ topicId, partitions }) => [topicId, partitions]));
    const wantedNames = wantedTopics(live);
    const topics = request.topics.map((wanted) => {
      const name = this.#options.registry.byId(wanted.topicId)?.name ?? null;
      if (name !== null && (wantedNames.has(name) || this.#classicConsumes(live, name)))
        return consumed(live, wanted, name);
      return deleteOf(live, wanted, committed.get(wanted.topicId) ?? []);
    });
    await live.settled();
    this.#tellForgotten(request, topics, by);
    return topics;
  }

  /**
   * Tells how many offsets the group had. Waits for transactions that could commit offsets of it again.
   * @throws QError UNKNOWN_GROUP, GROUP_NOT_EMPTY; CONCURRENT_TRANSACTIONS when one of them takes too long to end
   */
  async deleteGroup(groupId: string, by?: Author): Promise<number> {
    const live = await this.#requireFree(groupId);
    const offsets = this.#options.coordinator.remove(live);
    await live.settled();
    this.#audit.note({
      event: 'audit.group_deleted',
      by: by ?? null,
      operation: 'delete',
      resource: { type: 'group', name: groupId },
      before: { offsets },
    });
    this.#options.logger.info(
      { event: 'group.deleted', groupId, offsets, reason: 'by command' },
      'a group was deleted by command',
    );
    return offsets;
  }

  async #requireFree(groupId: string): Promise<LiveGroup> {
    // It waits again where another transaction has committed meanwhile.
    for (let tries = 0; tries < triesMax; tries += 1) {
      const live = this.#requireEmpty(groupId);
      const untilFree = this.#options.coordinator.untilFree(live);
      if (untilFree === null) return live;
      await untilFree;
    }
    throw stillCommitting(groupId);
  }

  /** @throws QError UNKNOWN_GROUP, GROUP_NOT_EMPTY */
  #requireEmpty(groupId: string): LiveGroup {
    const live = this.#options.directory.require(groupId);
    refuseMembers(live);
    return live;
  }

  get #audit(): AuditNotes {
    return this.#options.audit ?? noAudit;
  }

  #tellForgotten({ groupId }: OffsetDeletion, topics: readonly TopicForgotten[], by: Author | undefined): void {
    const gone = topics.filter(({ offsets }) => offsets > 0);
    if (gone.length === 0) return;
    this.#audit.note({
      event: 'audit.group_offsets_deleted',
      by: by ?? null,
      operation: 'delete',
      resource: { type: 'group', name: groupId },
      before: { offsets: gone.map(({ topicId, offsets }) => `${this.#nameOf(topicId)}: ${offsets}`) },
    });
  }

  #nameOf(topicId: string): string {
    return this.#options.registry.byId(topicId)?.name ?? topicId;
  }

  #tellSet({ groupId, topics }: OffsetReset, set: readonly TopicReset[], by: Author | undefined): void {
    const texts = (offsetOf: (set: OffsetSet) => number): string[] =>
      set.flatMap(({ topicId, partitions }) =>
        partitions.map((each) => `${this.#nameOf(topicId)}-${each.partition}=${offsetOf(each)}`),
      );
    this.#audit.note({
      event: 'audit.group_offsets_set',
      by: by ?? null,
      operation: 'read',
      resource: { type: 'group', name: groupId },
      before: { offsets: texts(({ previousOffset }) => previousOffset) },
      after: { offsets: texts(({ offset }) => offset) },
    });
    const partitions = topics.reduce((sum, topic) => sum + topic.partitions.length, 0);
    this.#options.logger.info(
      { event: 'group.offsets_set', groupId, partitions },
      'offsets of a group were set by command',
    );
  }

  #classicConsumes({ classic }: LiveGroup, topic: string): boolean {
    return classic !== null && this.#options.languages.mayConsume(classic, topic);
  }

  #check(live: LiveGroup | null, topicId: string, { partition, offset }: OffsetToSet): OffsetSet {
    const previousOffset = live?.offsets.get(topicId, partition)?.offset ?? -1;
    try {
      const place = requirePartition(requireTopicId(this.#options.registry, topicId), partition);
      checkOffset(place, offset);
      const { logStartOffset } = place.requireLog();
      if (offset < logStartOffset) throw belowStart({ topic: place.topic.name, partition, offset, logStartOffset });
      return { partition, error: null, previousOffset, offset };
    } catch (thrown) {
      return { partition, error: toPartitionError(thrown, this.#options.logger), previousOffset, offset };
    }
  }

  #set(live: LiveGroup, { topics }: OffsetReset): void {
    const { clock } = this.#options;
    for (const { topicId, partitions } of topics) {
      for (const { partition, offset } of partitions) {
        const commit = { offset, leaderEpoch: -1, metadata: null, committedAtMs: clock.now() };
        live.putOffset({ topicId, partition }, commit, clock.monotonic());
      }
    }
  }
}

function deleteOf(
  live: LiveGroup,
  { topicId, partitions }: TopicToForget,
  committed: readonly number[],
): TopicForgotten {
  const chosen = partitions === null ? null : new Set(partitions);
  const deleted = committed.filter(
    (partition) => (chosen?.has(partition) ?? true) && live.deleteOffset({ topicId, partition }),
  );
  return { topicId, error: null, offsets: deleted.length };
}

function consumed({ groupId }: LiveGroup, { topicId }: TopicToForget, name: string): TopicForgotten {
  const message = `members of group ${JSON.stringify(groupId)} consume topic ${name}`;
  return { topicId, error: new QError('GROUP_NOT_EMPTY', message), offsets: 0 };
}

/** @throws QError INVALID_REQUEST */
function checkTopicCount({ topics }: OffsetDeletion, { topicsMax, partitionsMax }: BrokerLimits): void {
  const partitions = topics.reduce((sum, topic) => sum + (topic.partitions?.length ?? 0), 0);
  if (topics.length <= topicsMax && partitions <= partitionsMax) return;
  throw new QError('INVALID_REQUEST', 'the request names more topics or partitions than this broker may have', {
    details: { topics: topics.length, topicsMax, partitions, partitionsMax },
  });
}

/** @throws QError GROUP_NOT_EMPTY */
function refuseMembers({ groupId, memberCount: members }: LiveGroup): void {
  if (members === 0) return;
  throw new QError(
    'GROUP_NOT_EMPTY',
    `group ${JSON.stringify(groupId)} has ${members} ${members === 1 ? 'member' : 'members'}`,
    {
      details: { groupId, members },
    },
  );
}

function belowStart(where: { topic: string; partition: number; offset: number; logStartOffset: number }): QError {
  const { topic, partition, offset, logStartOffset } = where;
  const message = `partition ${partition} of topic ${topic} begins at ${logStartOffset}; offset ${offset} is gone`;
  return new QError('OFFSET_OUT_OF_RANGE', message, { details: where });
}

/** What could have been set was not, because of the others. */
function withoutEffect({ topicId, partitions }: TopicReset): TopicReset {
  const message = 'nothing was set, because another partition of the request was refused';
  const error = new QError('INVALID_REQUEST', message);
  return { topicId, partitions: partitions.map((part) => (part.error === null ? { ...part, error } : part)) };
}
