/**
 * What may be known of topics: which there are, what they hold, and who leads their partitions (rows T1, T2).
 */
import { QError } from '@q/protocol';
import { toWireError } from '../../errors/wire-error.ts';
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
  readonly changes: TopicChanges;
  /** Looked at each time: it may change while the broker runs. */
  readonly options: { readonly autoCreateTopics: boolean };
}

export class TopicCatalog {
  readonly #options: TopicCatalogOptions;

  constructor(options: TopicCatalogOptions) {
    this.#options = options;
  }

  list({ includeInternal }: { includeInternal: boolean }): TopicSummary[] {
    return [...this.#options.registry.topics()]
      .filter((topic) => includeInternal || !topic.internal)
      .map((topic) => summaryOf(topic));
  }

  /** @throws QError UNKNOWN_TOPIC */
  describe(name: string): TopicDetails {
    const topic = this.#options.registry.byName(name);
    if (topic === undefined) throw unknownTopic(name);
    return {
      name,
      topicId: topic.id,
      internal: topic.internal,
      replicas: topic.replicas,
      ...topic.countMessages(),
      bytes: topic.bytes,
      configs: topic.describeSettings(),
      partitions: topic.partitions.map(detailsOf),
    };
  }

  /** What is in force for a topic. @throws QError UNKNOWN_TOPIC */
  settings(name: string): readonly SettingInForce[] {
    const topic = this.#options.registry.byName(name);
    if (topic === undefined) throw unknownTopic(name);
    return topic.describeSettings();
  }

  /** Of every topic, internal ones too. */
  names(): string[] {
    return Array.from(this.#options.registry.topics(), ({ name }) => name);
  }

  /** The id of the topic that has this name now; it makes none. */
  idOf(name: string): string | undefined {
    return this.#options.registry.byName(name)?.id;
  }

  /** The name of the topic with this id. */
  nameOf(topicId: string): string | undefined {
    return this.#options.registry.byId(topicId)?.name;
  }

  /** Every topic, internal ones too. */
  routes(): TopicRoute[] {
    return [...this.#options.registry.topics()].map(routeOf);
  }

  /** @throws QError UNKNOWN_TOPIC_ID */
  findById(topicId: string): TopicRoute {
    return routeOf(requireTopicId(this.#options.registry, topicId));
  }

  /**
   * These topics, in this order; those that are not there are made first, where the broker is set to and the caller
   * does not say otherwise. One that is named again comes once: what is told of it is so much longer than its name.
   */
  find(names: readonly string[], o: { readonly mayCreate: false }): FoundTopic[];
  find(names: readonly string[], o?: { readonly mayCreate?: boolean }): FoundTopic[] | Promise<FoundTopic[]>;
  find(
    wanted: readonly string[],
    { mayCreate = true }: { readonly mayCreate?: boolean } = {},
  ): FoundTopic[] | Promise<FoundTopic[]> {
    const names = [...new Set(wanted)];
    // At once wherever possible: an answer made at once counts as output before the next request is looked at.
    const { registry, options } = this.#options;
    const isComplete =
      !options.autoCreateTopics || !mayCreate || names.every((name) => registry.byName(name) !== undefined);
    if (isComplete) return names.map((name) => this.#find(name));
    return this.#createMissing(names).then((refused) => names.map((name) => refused.get(name) ?? this.#find(name)));
  }

  #find(name: string): FoundTopic {
    const topic = this.#options.registry.byName(name);
    if (topic === undefined) return { name, route: null, error: unknownTopic(name) };
    return { name, route: routeOf(topic), error: null };
  }

  /** Makes the topics that are not there; tells of each that could not be made. */
  async #createMissing(names: readonly string[]): Promise<Map<string, FoundTopic>> {
    const refused = new Map<string, FoundTopic>();
    for (const name of names) {
      if (this.#options.registry.byName(name) !== undefined) continue;
      try {
        await this.#createUnlessThere(name);
      } catch (error) {
        refused.set(name, { name, route: null, error: toWireError(error) });
      }
    }
    return refused;
  }

  async #createUnlessThere(name: string): Promise<void> {
    try {
      await this.#options.changes.create({ name, partitions: -1, replicas: -1, configs: [], validateOnly: false });
    } catch (error) {
      // Another client asked for the same topic first.
      if (!(QError.is(error) && error.code === 'TOPIC_EXISTS')) throw error;
    }
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
