import {
  AddPartitions,
  AlterTopic,
  CreateTopic,
  DeleteRecords,
  DeleteTopic,
  DescribeTopic,
  errorEntry,
  ListTopics,
  Ping,
  QError,
  ReopenPartitions,
  Stats,
} from '@q/protocol';
import type {
  AlterTopicResponse,
  CreateTopicRequest,
  CreateTopicResponse,
  DeleteGroupResponse,
  DeleteTopicResponse,
  DescribeTopicResponse,
  ListedGroup,
  ListTopicsResponse,
  MetadataBroker,
  StatsResponse,
} from '@q/protocol';

import { untilAborted } from '../abort.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { lookUpOffsets } from '../cluster/offset-lookup.ts';
import { readTopicMetadata } from '../cluster/topic-metadata.ts';
import type { TopicMetadata } from '../cluster/topic-metadata.ts';
import {
  abortSignal,
  checkArgument,
  checkList,
  checkOptions,
  flag,
  offsetNumber,
  oneOf,
  partitionNumber,
} from '../option-check.ts';
import {
  anyText,
  byPartition,
  checkPartitions,
  checkReplicas,
  checkTopicName,
  offsetOrEnd,
  settingsOf,
} from './admin-arguments.ts';
import { requestOnce } from './admin-request.ts';
import type { AdminRequestOptions } from './admin-request.ts';
import { ClusterGroupAdmin } from './group-admin.ts';
import type {
  DeleteGroupOffsetsOptions,
  GroupAdmin,
  ListGroupsOptions,
  OffsetReset,
  PartitionOffsets,
  ResetGroupOffsetsOptions,
} from './group-admin.ts';
import type { GroupDescription, GroupOffset } from './group-description.ts';

/**
 * Settings of a topic, by the names that people know: `retention.ms`, `cleanup.policy`, `durability`, … Numbers become
 * text.
 */
export type TopicConfig = Readonly<Record<string, string | number | boolean>>;

/** How a topic is created. */
export interface CreateTopicOptions extends AdminRequestOptions {
  /** Default: the broker's. */
  readonly partitions?: number;
  /** Default: the broker's. */
  readonly replicas?: number;
  /** Settings by name. Default: the broker's. */
  readonly config?: TopicConfig;
  /** Check everything, create nothing. */
  readonly validateOnly?: boolean;
}

/** What the topic must have if it is there, and gets if it is not. */
export type EnsureTopicOptions = Omit<CreateTopicOptions, 'validateOnly'>;

/** A topic that is there, with its settings. */
export interface EnsuredTopic extends CreateTopicResponse {
  /** False: it was there before. */
  readonly created: boolean;
}

/** What changes in a topic's settings. `validateOnly` checks everything and changes nothing. */
export interface AlterTopicOptions extends AdminRequestOptions {
  /** Settings to change, by name. */
  readonly set?: TopicConfig;
  /** Settings that go back to their default. */
  readonly unset?: readonly string[];
  /** Check everything, change nothing. */
  readonly validateOnly?: boolean;
}

/** The brokers, and the topics with their leaders. */
export interface ClusterMetadata {
  /** The id of the cluster, which never changes. */
  readonly clusterId: string;
  /** The brokers that are up. */
  readonly brokers: readonly MetadataBroker[];
  /** The topics that were asked for. */
  readonly topics: readonly TopicMetadata[];
}

/** Which partitions are opened again. */
export interface ReopenPartitionsOptions extends AdminRequestOptions {
  /** Default: all that are in trouble. */
  readonly partitions?: readonly number[];
}

/** A partition after it was opened again. */
export interface ReopenedPartitionState {
  /** The number of the partition. */
  readonly partition: number;
  /** What is wrong with the partition all the same; null: it is open. */
  readonly error: QError | null;
}

/** A topic in one line of a list. Sizes are in bytes. */
export type TopicSummary = ListTopicsResponse['topics'][number];

/**
 * Topics, groups and brokers. Results are plain objects. Everything is retried while that makes sense, for at most the
 * client's `requestTimeoutMs`; what creates or deletes is not sent again when the connection broke in the middle, and
 * the error then says that the outcome is unknown.
 *
 * All methods throw QError: what the broker answered (`UNKNOWN_TOPIC`, `TOPIC_EXISTS`, `INVALID_CONFIG`, …),
 * `NO_BROKER`, `CONNECTION_LOST`, `REQUEST_TIMED_OUT`, `ABORTED`, `CLOSED`.
 */
export interface Admin extends GroupAdmin {
  /**
   * Creates the topic.
   * @throws QError `TOPIC_EXISTS`, `INVALID_TOPIC_NAME`, `INVALID_PARTITIONS`, `INVALID_REPLICAS`, `INVALID_CONFIG`,
   * `TOPIC_LIMIT`.
   */
  createTopic(name: string, options?: CreateTopicOptions): Promise<CreateTopicResponse>;
  /**
   * Creates the topic, or tells of the one that is there already. Programs that may run again, or beside each other,
   * begin with it.
   *
   * @throws QError `TOPIC_EXISTS` when the one that is there has other partitions, replicas or settings than were asked
   * for; its details name the first difference (`different`, `is`, `wanted`). What was not asked for may be anything.
   */
  ensureTopic(name: string, options?: EnsureTopicOptions): Promise<EnsuredTopic>;
  /** Deletes a topic with its data. */
  deleteTopic(name: string, options?: AdminRequestOptions): Promise<DeleteTopicResponse>;
  /** Every topic in one line. Topics of the broker itself come with `includeInternal` only. */
  listTopics(options?: AdminRequestOptions & { readonly includeInternal?: boolean }): Promise<readonly TopicSummary[]>;
  /** One topic with its settings and partitions. @throws QError `UNKNOWN_TOPIC`. */
  describeTopic(name: string, options?: AdminRequestOptions): Promise<DescribeTopicResponse>;
  /** Changes settings, all of those named or none. @throws QError `UNKNOWN_TOPIC`, `INVALID_CONFIG`. */
  alterTopic(name: string, options: AlterTopicOptions): Promise<AlterTopicResponse>;
  /** `partitions` is the new total. */
  addPartitions(
    name: string,
    partitions: number,
    options?: AdminRequestOptions & { readonly validateOnly?: boolean },
  ): Promise<{ readonly partitions: number }>;
  /**
   * Deletes the records of each named partition before an offset (`'end'`: all of them). Returns the first offset that
   * is left. If some partitions fail, the others are done all the same, and the first failure is thrown.
   */
  deleteRecords(
    name: string,
    before: Readonly<Record<number, number | 'end'>>,
    options?: AdminRequestOptions,
  ): Promise<PartitionOffsets>;
  /**
   * Opens partitions again that could not be opened, or were set aside because their data is damaged, such as after
   * their files were put right: those named, or all of the topic that are in trouble. Says of each what is wrong with
   * it all the same. A broker opens by itself what could not be read for a while, but never what is damaged.
   */
  reopenPartitions(name: string, options?: ReopenPartitionsOptions): Promise<readonly ReopenedPartitionState[]>;
  /** First offsets, or ends (high watermarks), of all partitions. */
  listOffsets(name: string, at: 'start' | 'end', options?: AdminRequestOptions): Promise<PartitionOffsets>;
  /** Offset of the first record at or after a time (ms since 1970) in each partition; null where there is none. */
  offsetsForTimestamp(
    name: string,
    timestampMs: number,
    options?: AdminRequestOptions,
  ): Promise<Readonly<Record<number, number | null>>>;
  /** Brokers and topics (all of them, or those named; throws `UNKNOWN_TOPIC` if one does not exist). */
  metadata(topics?: readonly string[], options?: AdminRequestOptions): Promise<ClusterMetadata>;
  /** Numbers of the broker that answers. */
  stats(options?: AdminRequestOptions): Promise<StatsResponse>;
  /** Resolves with the milliseconds that a request and its answer take. */
  ping(options?: AdminRequestOptions): Promise<number>;
}

export class ClusterAdmin implements Admin {
  readonly #cluster: Cluster;
  readonly #groups: ClusterGroupAdmin;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#groups = new ClusterGroupAdmin(cluster);
  }

  async createTopic(name: string, o: CreateTopicOptions = {}): Promise<CreateTopicResponse> {
    const body = createRequest('createTopic', name, o);
    return requestOnce(this.#cluster, CreateTopic, { body, what: `creating topic "${name}"`, signal: o.signal });
  }

  async ensureTopic(name: string, o: EnsureTopicOptions = {}): Promise<EnsuredTopic> {
    checkOptions('ensureTopic', o, { partitions: null, replicas: null, config: null, signal: abortSignal });
    const wanted = createRequest('ensureTopic', name, o);
    try {
      // Sent again whatever became of it: a second creation finds the topic of the first.
      const made = await this.#cluster.request(CreateTopic, wanted, { resend: true, signal: o.signal });
      return { ...made, created: true };
    } catch (thrown) {
      if (!QError.is(thrown) || thrown.code !== 'TOPIC_EXISTS') throw thrown;
    }
    return { ...(await this.#existing(wanted, o.signal)), created: false };
  }

  async deleteTopic(name: string, o: AdminRequestOptions = {}): Promise<DeleteTopicResponse> {
    checkTopicName(name);
    checkOptions('deleteTopic', o, { signal: abortSignal });
    return requestOnce(this.#cluster, DeleteTopic, {
      body: { name },
      what: `deleting topic "${name}"`,
      signal: o.signal,
    });
  }

  async listTopics(
    o: AdminRequestOptions & { readonly includeInternal?: boolean } = {},
  ): Promise<readonly TopicSummary[]> {
    checkOptions('listTopics', o, { includeInternal: flag, signal: abortSignal });
    const { topics } = await this.#cluster.request(
      ListTopics,
      { includeInternal: o.includeInternal ?? false },
      { resend: true, signal: o.signal },
    );
    return topics;
  }

  async describeTopic(name: string, o: AdminRequestOptions = {}): Promise<DescribeTopicResponse> {
    checkTopicName(name);
    checkOptions('describeTopic', o, { signal: abortSignal });
    return this.#cluster.request(DescribeTopic, { name }, { resend: true, signal: o.signal });
  }

  async alterTopic(name: string, o: AlterTopicOptions): Promise<AlterTopicResponse> {
    checkTopicName(name);
    checkOptions('alterTopic', o, { set: null, unset: null, validateOnly: flag, signal: abortSignal });
    if (o.unset !== undefined) checkList('alterTopic.unset', o.unset, anyText, 'INVALID_CONFIG');
    const body = {
      name,
      set: settingsOf('alterTopic.set', o.set),
      unset: o.unset ?? [],
      validateOnly: o.validateOnly ?? false,
    };
    return this.#cluster.request(AlterTopic, body, { resend: true, signal: o.signal });
  }

  async addPartitions(
    name: string,
    partitions: number,
    o: AdminRequestOptions & { readonly validateOnly?: boolean } = {},
  ): Promise<{ readonly partitions: number }> {
    checkTopicName(name);
    checkPartitions(partitions);
    checkOptions('addPartitions', o, { validateOnly: flag, signal: abortSignal });
    const body = { name, partitions, validateOnly: o.validateOnly ?? false };
    return requestOnce(this.#cluster, AddPartitions, {
      body,
      what: `adding partitions to topic "${name}"`,
      signal: o.signal,
    });
  }

  async deleteRecords(
    name: string,
    before: Readonly<Record<number, number | 'end'>>,
    o: AdminRequestOptions = {},
  ): Promise<PartitionOffsets> {
    checkTopicName(name);
    checkOptions('deleteRecords', o, { signal: abortSignal });
    const partitions = byPartition('before', before, offsetOrEnd).map(({ partition, value }) => ({
      partition,
      beforeOffset: value === 'end' ? -1 : value,
    }));
    const response = await this.#cluster.request(
      DeleteRecords,
      { name, partitions },
      { resend: true, signal: o.signal },
    );
    const failed = response.partitions.find(({ errorCode }) => errorCode !== 0);
    if (failed !== undefined) {
      const { name: code, description } = errorEntry(failed.errorCode);
      throw new QError(code, `Topic "${name}", partition ${failed.partition}: ${failed.errorMessage ?? description}`, {
        details: { topic: name, partition: failed.partition, logStartOffset: failed.logStartOffset },
      });
    }
    return Object.fromEntries(response.partitions.map(({ partition, logStartOffset }) => [partition, logStartOffset]));
  }

  async reopenPartitions(name: string, o: ReopenPartitionsOptions = {}): Promise<readonly ReopenedPartitionState[]> {
    checkTopicName(name);
    checkOptions('reopenPartitions', o, { partitions: null, signal: abortSignal });
    if (o.partitions !== undefined) checkList('reopenPartitions.partitions', o.partitions, partitionNumber);
    const body = { name, partitions: o.partitions ?? [] };
    const { partitions } = await this.#cluster.request(ReopenPartitions, body, { resend: true, signal: o.signal });
    return partitions.map(({ partition, errorCode, errorMessage }) => {
      const { name: code, description } = errorEntry(errorCode);
      return {
        partition,
        error:
          errorCode === 0
            ? null
            : new QError(code, errorMessage ?? description, { details: { topic: name, partition } }),
      };
    });
  }

  async listOffsets(name: string, at: 'start' | 'end', o: AdminRequestOptions = {}): Promise<PartitionOffsets> {
    checkTopicName(name);
    checkArgument('at', at, oneOf(['start', 'end']));
    checkOptions('listOffsets', o, { signal: abortSignal });
    const offsets = await this.#lookUp(name, at, o.signal);
    return Object.fromEntries(offsets.map(({ partition, offset }) => [partition, offset ?? 0]));
  }

  async offsetsForTimestamp(
    name: string,
    timestampMs: number,
    o: AdminRequestOptions = {},
  ): Promise<Readonly<Record<number, number | null>>> {
    checkTopicName(name);
    checkArgument('timestampMs', timestampMs, offsetNumber, 'INVALID_TIMESTAMP');
    checkOptions('offsetsForTimestamp', o, { signal: abortSignal });
    const offsets = await this.#lookUp(name, { timestampMs }, o.signal);
    return Object.fromEntries(offsets.map(({ partition, offset }) => [partition, offset]));
  }

  async metadata(topics?: readonly string[], o: AdminRequestOptions = {}): Promise<ClusterMetadata> {
    if (topics !== undefined && topics !== null) checkList('topics', topics, anyText, 'INVALID_TOPIC_NAME');
    checkOptions('metadata', o, { signal: abortSignal });
    const response = await this.#cluster.askMetadata(topics ?? null, { signal: o.signal });
    this.#cluster.metadata.learn(response);
    return { clusterId: response.clusterId, brokers: response.brokers, topics: response.topics.map(readTopicMetadata) };
  }

  listGroups(o?: ListGroupsOptions): Promise<readonly ListedGroup[]> {
    return this.#groups.listGroups(o);
  }

  describeGroup(group: string, o?: AdminRequestOptions): Promise<GroupDescription> {
    return this.#groups.describeGroup(group, o);
  }

  deleteGroup(group: string, o?: AdminRequestOptions): Promise<DeleteGroupResponse> {
    return this.#groups.deleteGroup(group, o);
  }

  groupOffsets(group: string, o?: AdminRequestOptions): Promise<readonly GroupOffset[]> {
    return this.#groups.groupOffsets(group, o);
  }

  resetGroupOffsets(
    group: string,
    offsets: Readonly<Record<string, PartitionOffsets>>,
    o?: ResetGroupOffsetsOptions,
  ): Promise<readonly OffsetReset[]> {
    return this.#groups.resetGroupOffsets(group, offsets, o);
  }

  deleteGroupOffsets(
    group: string,
    topic: string,
    o?: DeleteGroupOffsetsOptions,
  ): Promise<{ readonly offsets: number }> {
    return this.#groups.deleteGroupOffsets(group, topic, o);
  }

  async stats(o: AdminRequestOptions = {}): Promise<StatsResponse> {
    checkOptions('stats', o, { signal: abortSignal });
    return this.#cluster.request(Stats, {}, { resend: true, signal: o.signal });
  }

  async ping(o: AdminRequestOptions = {}): Promise<number> {
    checkOptions('ping', o, { signal: abortSignal });
    const startMs = this.#cluster.clock.monotonic();
    await this.#cluster.request(Ping, { payload: Buffer.alloc(0) }, { resend: true, signal: o.signal });
    return this.#cluster.clock.monotonic() - startMs;
  }

  /**
   * The topic that is there, if it is as it was to be. What a setting's value means, as `7d` does, the broker says: it
   * is asked what setting it would give.
   */
  async #existing(wanted: CreateTopicRequest, signal: AbortSignal | undefined): Promise<CreateTopicResponse> {
    const { name, partitions, replicas, configs } = wanted;
    const [there, asWanted] = await Promise.all([
      this.#cluster.request(DescribeTopic, { name }, { resend: true, signal }),
      this.#cluster.request(
        AlterTopic,
        { name, set: configs, unset: [], validateOnly: true },
        { resend: true, signal },
      ),
    ]);
    const differences = [
      ...(partitions === -1 || partitions === there.partitions.length
        ? []
        : [{ what: 'partitions', is: there.partitions.length, wanted: partitions }]),
      ...(replicas === -1 || replicas === there.replicas
        ? []
        : [{ what: 'replicas', is: there.replicas, wanted: replicas }]),
      ...configs.flatMap(({ key }) => {
        const [is, other] = [there, asWanted].map(
          ({ configs: settings }) => settings.find((setting) => setting.key === key)?.value ?? '',
        );
        return is === other ? [] : [{ what: key, is: is as string, wanted: other as string }];
      }),
    ];
    const [first] = differences;
    if (first === undefined)
      return {
        topicId: there.topicId,
        partitions: there.partitions.length,
        replicas: there.replicas,
        configs: there.configs,
      };
    const said = differences.map(({ what, is, wanted: other }) => `${what} is ${is}, not ${other}`).join('; ');
    throw new QError('TOPIC_EXISTS', `Topic "${name}" is there, and is not as it was to be: ${said}`, {
      details: { topic: name, different: first.what, is: first.is, wanted: first.wanted },
    });
  }

  async #lookUp(
    name: string,
    at: 'start' | 'end' | { readonly timestampMs: number },
    signal: AbortSignal | undefined,
  ): ReturnType<typeof lookUpOffsets> {
    // Asked for anew, so that partitions that were just added are among them.
    const { partitions } = await untilAborted(this.#cluster.metadata.refreshAnew(name), signal);
    return lookUpOffsets(this.#cluster, name, {
      questions: partitions.map(({ partition }) => ({ partition, at })),
      signal,
    });
  }
}

function createRequest(method: string, name: string, o: CreateTopicOptions): CreateTopicRequest {
  checkTopicName(name);
  checkOptions(method, o, { partitions: null, replicas: null, config: null, validateOnly: flag, signal: abortSignal });
  if (o.partitions !== undefined) checkPartitions(o.partitions);
  if (o.replicas !== undefined) checkReplicas(o.replicas);
  return {
    name,
    partitions: o.partitions ?? -1,
    replicas: o.replicas ?? -1,
    configs: settingsOf(`${method}.config`, o.config),
    validateOnly: o.validateOnly ?? false,
  };
}
