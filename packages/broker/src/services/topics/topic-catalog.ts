/**
 * What may be known of topics: which there are, what they hold, and who leads their partitions (rows T1, T2). Each
 * caller is told of those that it may describe; to whoever may not, a topic that is there and one that is not are the
 * same (row A3, SEC-12).
 */
import { QError } from '@q/protocol';
import type { Operation } from '@q/security';
import type { Asking } from '../../caller.ts';
import { toWireError } from '../../errors/wire-error.ts';
import { demand, topicNamed } from '../access/access.ts';
import type { Access } from '../access/access.ts';
import type { TopicChanges } from './topic-changes.ts';
import type { SettingInForce } from './topic-config.ts';
import type { TopicRegistry } from './topic-registry.ts';
import { requireTopicId } from './partition-lookup.ts';
import { unknownTopic } from './topic-rules.ts';
import type { Partition, Topic } from './topic.ts';

/** A topic in one line of a list. Sizes are in bytes. */
export interface TopicSummary {
  readonly name: string;
  readonly topicId: string;
  readonly internal: boolean;
  readonly partitions: number;
  readonly replicas: number;
  /** Records that can be read. */
  readonly messages: number;
  /** False: there may be fewer. */
  readonly messagesExact: boolean;
  readonly bytes: number;
}

/** Where a partition is served. */
export interface PartitionRoute {
  readonly partition: number;
  /** What is wrong with it, or null. */
  readonly error: QError | null;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
}

/** What a client must know of a topic to use it. */
export interface TopicRoute {
  readonly name: string;
  readonly topicId: string;
  readonly internal: boolean;
  readonly cleanupPolicy: string;
  readonly maxMessageBytes: number;
  readonly partitions: readonly PartitionRoute[];
}

/** A topic that was asked for, or why there is none. */
export type FoundTopic =
  | { readonly name: string; readonly route: TopicRoute; readonly error: null }
  | { readonly name: string; readonly route: null; readonly error: QError };

/** Offsets are -1, counts 0, where the log could not be opened. */
export interface PartitionDetails extends PartitionRoute {
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly logEndOffset: number;
  readonly segments: number;
  readonly bytes: number;
  /** -1: unknown. */
  readonly messages: number;
  readonly messagesExact: boolean;
}

/** A topic with its settings and its partitions. Sizes are in bytes. */
export interface TopicDetails {
  readonly name: string;
  readonly topicId: string;
  readonly internal: boolean;
  readonly replicas: number;
  /** Records that can be read. */
  readonly messages: number;
  /** False: there may be fewer. */
  readonly messagesExact: boolean;
  readonly bytes: number;
  readonly configs: readonly SettingInForce[];
  readonly partitions: readonly PartitionDetails[];
}

export interface TopicCatalogOptions {
  readonly registry: TopicRegistry;
  readonly changes: Pick<TopicChanges, 'create'>;
  readonly access: Access;
  /** Looked at each time: it may change while the broker runs. */
  readonly options: { readonly autoCreateTopics: boolean };
}

export class TopicCatalog {
  readonly #options: TopicCatalogOptions;

  constructor(options: TopicCatalogOptions) {
    this.#options = options;
  }

  /** Those that the caller may see. */
  list({ includeInternal }: { includeInternal: boolean }, caller: Asking): TopicSummary[] {
    return [...this.#visible(caller)]
      .filter((topic) => includeInternal || !topic.internal)
      .map((topic) => summaryOf(topic));
  }

  /** The settings are there for those who may see them. @throws QError UNKNOWN_TOPIC, NOT_AUTHORIZED */
  describe(name: string, caller: Asking): TopicDetails {
    this.#demand(name, 'describe', caller);
    const topic = this.#options.registry.byName(name);
    if (topic === undefined) throw unknownTopic(name);
    return {
      name,
      topicId: topic.id,
      internal: topic.internal,
      replicas: topic.replicas,
      ...topic.countMessages(),
      bytes: topic.bytes,
      configs: this.#sees(name, 'describeConfigs', caller) ? topic.describeSettings() : [],
      partitions: topic.partitions.map(detailsOf),
    };
  }

  /** What is in force for a topic. @throws QError UNKNOWN_TOPIC, NOT_AUTHORIZED */
  settings(name: string, caller: Asking): readonly SettingInForce[] {
    this.#demand(name, 'describeConfigs', caller);
    const topic = this.#options.registry.byName(name);
    if (topic === undefined) throw unknownTopic(name);
    return topic.describeSettings();
  }

  /** Of every topic that the caller may see, internal ones too. */
  names(caller: Asking): string[] {
    return Array.from(this.#visible(caller), ({ name }) => name);
  }

  /**
   * The id of the topic that has this name now; it makes none. For doors whose clients name topics otherwise than the
   * services do: what they tell of one that is not there is the error of `missing`.
   */
  idOf(name: string): string | undefined {
    return this.#options.registry.byName(name)?.id;
  }

  /** What a caller is told of a topic that is not there: UNKNOWN_TOPIC, or NOT_AUTHORIZED. */
  missing(name: string, caller: Asking): QError {
    return this.#options.access.refusal(caller, 'describe', topicNamed(name)) ?? unknownTopic(name);
  }

  /** The name of the topic with this id; as `idOf`. */
  nameOf(topicId: string): string | undefined {
    return this.#options.registry.byId(topicId)?.name;
  }

  /** Every topic that the caller may see, internal ones too. */
  routes(caller: Asking): TopicRoute[] {
    return Array.from(this.#visible(caller), routeOf);
  }

  /** @throws QError UNKNOWN_TOPIC_ID, NOT_AUTHORIZED */
  findById(topicId: string, caller: Asking): TopicRoute {
    const topic = requireTopicId(this.#options.registry, topicId);
    this.#demand(topic.name, 'describe', caller);
    return routeOf(topic);
  }

  /**
   * These topics, in this order; those that are not there are made first, where the broker is set to and the caller
   * does not say otherwise. One that is named again comes once: what is told of it is so much longer than its name.
   */
  find(names: readonly string[], caller: Asking, o: { readonly mayCreate: false }): FoundTopic[];
  find(
    names: readonly string[],
    caller: Asking,
    o?: { readonly mayCreate?: boolean },
  ): FoundTopic[] | Promise<FoundTopic[]>;
  find(
    wanted: readonly string[],
    caller: Asking,
    { mayCreate = true }: { readonly mayCreate?: boolean } = {},
  ): FoundTopic[] | Promise<FoundTopic[]> {
    const names = [...new Set(wanted)];
    // At once wherever possible: an answer made at once counts as output before the next request is looked at.
    const { registry, options } = this.#options;
    const isComplete =
      !options.autoCreateTopics || !mayCreate || names.every((name) => registry.byName(name) !== undefined);
    if (isComplete) return names.map((name) => this.#find(name, caller));
    return this.#createMissing(names, caller).then((refused) =>
      names.map((name) => refused.get(name) ?? this.#find(name, caller)),
    );
  }

  #find(name: string, caller: Asking): FoundTopic {
    const { registry, access } = this.#options;
    const refusal = access.refusal(caller, 'describe', topicNamed(name));
    if (refusal !== null) return { name, route: null, error: refusal };
    const topic = registry.byName(name);
    if (topic === undefined) return { name, route: null, error: unknownTopic(name) };
    return { name, route: routeOf(topic), error: null };
  }

  /** Makes the topics that are not there; tells of each that could not be made. */
  async #createMissing(names: readonly string[], caller: Asking): Promise<Map<string, FoundTopic>> {
    const { registry } = this.#options;
    const refused = new Map<string, FoundTopic>();
    for (const name of names) {
      // Whoever may not see it is told so by `#find`.
      if (registry.byName(name) !== undefined || !this.#sees(name, 'describe', caller)) continue;
      try {
        await this.#createUnlessThere(name, caller);
      } catch (error) {
        refused.set(name, { name, route: null, error: toWireError(error) });
      }
    }
    return refused;
  }

  async #createUnlessThere(name: string, caller: Asking): Promise<void> {
    this.#demand(name, 'create', caller);
    try {
      await this.#options.changes.create(
        { name, partitions: -1, replicas: -1, configs: [], validateOnly: false },
        caller,
      );
    } catch (error) {
      // Another client asked for the same topic first.
      if (!(QError.is(error) && error.code === 'TOPIC_EXISTS')) throw error;
    }
  }

  *#visible(caller: Asking): Iterable<Topic> {
    const { registry, access } = this.#options;
    for (const topic of registry.topics()) if (access.sees(caller, 'describe', topic.resource)) yield topic;
  }

  #sees(name: string, operation: Operation, caller: Asking): boolean {
    return this.#options.access.sees(caller, operation, topicNamed(name));
  }

  #demand(name: string, operation: Operation, caller: Asking): void {
    demand(this.#options.access, caller, { operation, resource: topicNamed(name) });
  }
}

function summaryOf(topic: Topic): TopicSummary {
  const { name, id, internal, partitions, replicas, bytes } = topic;
  return { name, topicId: id, internal, partitions: partitions.length, replicas, ...topic.countMessages(), bytes };
}

function routeOf(topic: Topic): TopicRoute {
  return {
    name: topic.name,
    topicId: topic.id,
    internal: topic.internal,
    cleanupPolicy: topic.cleanupPolicy,
    maxMessageBytes: topic.settings.log.maxMessageBytes,
    partitions: topic.partitions.map(partitionRoute),
  };
}

function partitionRoute(partition: Partition): PartitionRoute {
  const { brokerId, epoch, replicas, inSyncReplicas } = partition.leader;
  return {
    partition: partition.index,
    error: partition.trouble,
    leaderId: brokerId,
    leaderEpoch: epoch,
    replicas,
    inSyncReplicas,
  };
}

function detailsOf(partition: Partition): PartitionDetails {
  const { log } = partition;
  const { records, isExact } = log?.recordsFrom(log.logStartOffset) ?? { records: -1, isExact: false };
  return {
    ...partitionRoute(partition),
    logStartOffset: log?.logStartOffset ?? -1,
    highWatermark: log?.highWatermark ?? -1,
    logEndOffset: log?.logEndOffset ?? -1,
    segments: log?.segments ?? 0,
    bytes: log?.diskBytes ?? 0,
    messages: records,
    messagesExact: isExact,
  };
}
