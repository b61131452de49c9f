/**
 * Creates, alters, grows and deletes topics: checks what was asked for, makes the change durable in the metadata store,
 * and waits until the registry has put it in force.
 *
 * Invariant: a change is checked and made without another one in between (`#tail`), so two clients that create the same
 * topic, or fill the last free partitions, cannot both be told yes.
 *
 * A topic of which a partition could not be made is taken back. Where that cannot be noted, on a full disk, it is out
 * of service at once and `#unmade` remembers it: whoever creates it again hears why, and not that it exists; each round
 * of maintenance tries again.
 */
import { QError } from '@q/protocol';
import type { Author } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { BrokerLimits } from '../../limits.ts';
import { silentLogger } from '../../logger.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { MetadataStore } from '../../metadata/metadata-store.ts';
import { randomUuid } from '../../random.ts';
import type { Random } from '../../random.ts';
import { isStorageFull } from '../../storage-full.ts';
import { noAudit } from '../audit/audit.ts';
import type { AuditNotes } from '../audit/audit.ts';
import { alteredSettings } from './setting-changes.ts';
import type { SettingChanges } from './setting-changes.ts';
import { describeTopicSettings, parseTopicSettings } from './topic-config.ts';
import type { GivenSetting, SettingInForce, SettingTexts } from './topic-config.ts';
import { decodeTopicRecord, encodeTopicRecord, topicKey } from './topic-record.ts';
import { TopicNews } from './topic-news.ts';
import type { TopicRecord } from './topic-record.ts';
import type { TopicRegistry } from './topic-registry.ts';
import {
  checkFitsFrame,
  checkName,
  checkPartitions,
  checkReplicas,
  checkRoom,
  refuseInternal,
  replicasPossible,
  topicExists,
  unknownTopic,
} from './topic-rules.ts';
import type { Topic } from './topic.ts';

export interface TopicChangesOptions {
  readonly registry: TopicRegistry;
  readonly metadata: MetadataStore;
  readonly brokerDefaults: SettingTexts;
  readonly limits: BrokerLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly term: number;
  /** Hears of every change that is in force; nobody does unless told otherwise. */
  readonly logger?: BrokerLogger;
  readonly audit?: AuditNotes;
}

/** The topic that is wanted. `validateOnly` checks everything and creates nothing. */
export interface CreateTopicOptions {
  readonly name: string;
  /** -1 takes the broker's default. */
  readonly partitions: number;
  /** -1 takes the broker's default. */
  readonly replicas: number;
  readonly configs: readonly GivenSetting[];
  readonly validateOnly: boolean;
}

/** Which topic, and what of it. `validateOnly` checks everything and changes nothing. */
export interface AlterTopicOptions extends SettingChanges {
  readonly name: string;
  readonly validateOnly: boolean;
}

/** How many partitions a topic is to have. `validateOnly` checks everything and changes nothing. */
export interface PartitionsToAdd {
  readonly name: string;
  readonly partitions: number;
  readonly validateOnly: boolean;
}

/** The topic as it was created, with every setting in force. */
export interface CreatedTopic {
  readonly topicId: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly configs: readonly SettingInForce[];
}

export class TopicChanges {
  readonly #options: TopicChangesOptions;
  readonly #news: TopicNews;
  #tail: Promise<unknown> = Promise.resolve();
  /** By topic id: what could not be made, and is not gone from the metadata yet. As many as topics at most. */
  readonly #unmade = new Map<string, { readonly name: string; readonly trouble: QError }>();

  constructor(options: TopicChangesOptions) {
    this.#options = options;
    this.#news = new TopicNews({ logger: silentLogger, audit: noAudit, ...options });
  }

  /**
   * @throws QError INVALID_TOPIC_NAME, INVALID_PARTITIONS, INVALID_REPLICAS, INVALID_CONFIG, TOPIC_EXISTS, TOPIC_LIMIT,
   * STORAGE_…
   */
  create(wanted: CreateTopicOptions, by?: Author): Promise<CreatedTopic> {
    return this.#inTurn(() => this.#create(wanted, by));
  }

  /** Deletes the topic with its data. @throws QError UNKNOWN_TOPIC, INVALID_REQUEST (internal topic), STORAGE_… */
  delete(name: string, by?: Author): Promise<{ topicId: string }> {
    return this.#inTurn(() => this.#delete(name, by));
  }

  /** @throws QError UNKNOWN_TOPIC, INVALID_CONFIG, INVALID_REQUEST (internal topic), STORAGE_… */
  alter(wanted: AlterTopicOptions, by?: Author): Promise<SettingInForce[]> {
    return this.#inTurn(() => this.#alter(wanted, by));
  }

  /**
   * `partitions` is the new total. @throws QError UNKNOWN_TOPIC, INVALID_PARTITIONS, TOPIC_LIMIT, INVALID_REQUEST,
   * STORAGE_…
   */
  addPartitions(wanted: PartitionsToAdd, by?: Author): Promise<number> {
    return this.#inTurn(() => this.#addPartitions(wanted, by));
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(change);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #create(wanted: CreateTopicOptions, by: Author | undefined): Promise<CreatedTopic> {
    const { metadata, registry, brokerDefaults, clock, random, term } = this.#options;
    const { name } = wanted;
    checkName(name);
    await this.#finishUnmade(name);
    const existing = await metadata.get(topicKey(name));
    // Before the rest of what is wanted: programs that create their topics at each start go on at this error alone.
    if (existing !== null) throw topicExists(decodeTopicRecord(existing.key, existing.value));
    const { limits } = this.#options;
    const partitions = checkPartitions(wanted.partitions === -1 ? limits.partitionsDefault : wanted.partitions, limits);
    const replicas = checkReplicas(wanted.replicas === -1 ? replicasPossible : wanted.replicas);
    const texts = parseTopicSettings(wanted.configs);
    checkFitsFrame({ topic: texts, broker: this.#options.brokerDefaults }, this.#options.limits);
    this.#checkRoom({ topics: 1, partitions });

    const record: TopicRecord = {
      name,
      topicId: randomUuid(random),
      partitions,
      replicas,
      configs: Object.fromEntries(texts),
      state: 'active',
      firstTerm: term,
      createdAtMs: clock.now(),
    };
    if (!wanted.validateOnly) {
      await metadata.compareAndSet({ key: topicKey(name), expectedVersion: 0, value: encodeTopicRecord(record) });
      await registry.settled();
      await this.#undoUnlessOpen(name);
      this.#news.created(record, by);
    }
    return {
      topicId: record.topicId,
      partitions,
      replicas,
      configs: describeTopicSettings({ topic: texts, broker: brokerDefaults }),
    };
  }

  /** A topic of which a partition could not be made (a full disk, mostly) would look created and not be usable. */
  async #undoUnlessOpen(name: string): Promise<void> {
    const { registry } = this.#options;
    const topic = registry.byName(name);
    if (topic === undefined) throw new QError('UNKNOWN', `topic ${name} was recorded but could not be put in service`);
    const trouble = topic.partitions.find((partition) => partition.trouble !== null)?.trouble ?? null;
    if (trouble === null) return;
    this.#unmade.set(topic.id, { name, trouble });
    registry.withdraw(topic);
    await this.#unmake(topic.id);
    throw trouble;
  }

  /** Takes back what is left of failed creations; for the rounds of maintenance. */
  async tryAgain(): Promise<void> {
    for (const topicId of this.#unmade.keys()) await this.#inTurn(() => this.#unmake(topicId));
  }

  /** @throws QError that the creation failed with, while its topic cannot be taken back */
  async #finishUnmade(name: string): Promise<void> {
    for (const [topicId, { name: unmade, trouble }] of this.#unmade) {
      if (unmade !== name) continue;
      await this.#unmake(topicId);
      if (this.#unmade.has(topicId)) throw trouble;
    }
  }

  /** It stays in `#unmade` while the metadata tells of it. */
  async #unmake(topicId: string): Promise<void> {
    const name = this.#unmade.get(topicId)?.name;
    if (name === undefined) return;
    try {
      if (await this.#isRecorded(name, topicId)) await this.#delete(name);
    } catch (error) {
      if (!isStorageFull(error)) throw error;
    }
    if (!(await this.#isRecorded(name, topicId))) this.#unmade.delete(topicId);
  }

  async #isRecorded(name: string, topicId: string): Promise<boolean> {
    const entry = await this.#options.metadata.get(topicKey(name));
    return entry !== null && decodeTopicRecord(entry.key, entry.value).topicId === topicId;
  }

  async #delete(name: string, by?: Author): Promise<{ topicId: string }> {
    const { metadata, registry } = this.#options;
    // A name that was anybody's when its topic was made: that topic can go.
    if (registry.byName(name)?.internal !== false) refuseInternal(name, 'deleted');
    const entry = await metadata.get(topicKey(name));
    if (entry === null) throw unknownTopic(name);
    const record = decodeTopicRecord(entry.key, entry.value);
    await metadata.compareAndSet({
      key: entry.key,
      expectedVersion: entry.version,
      value: encodeTopicRecord({ ...record, state: 'deleting' }),
      isVital: true,
    });
    await registry.settled();
    this.#news.deleted(record, by);
    return { topicId: record.topicId };
  }

  async #alter(wanted: AlterTopicOptions, by: Author | undefined): Promise<SettingInForce[]> {
    const { brokerDefaults, limits } = this.#options;
    const topic = this.#requireTopic(wanted.name, 'altered');
    const before = topic.settingTexts;
    const texts = alteredSettings({ topic: before, broker: brokerDefaults }, wanted);
    checkFitsFrame({ topic: texts, broker: brokerDefaults }, limits);
    if (!wanted.validateOnly) {
      await this.#replaceRecord(topic, { configs: Object.fromEntries(texts) });
      this.#news.altered(topic.name, { before, after: texts }, by);
    }
    return describeTopicSettings({ topic: texts, broker: brokerDefaults });
  }

  async #addPartitions(wanted: PartitionsToAdd, by: Author | undefined): Promise<number> {
    const topic = this.#requireTopic(wanted.name, 'given partitions');
    const current = topic.partitions.length;
    const partitions = checkPartitions(wanted.partitions, this.#options.limits);
    if (partitions <= current) {
      throw new QError(
        'INVALID_PARTITIONS',
        `topic ${topic.name} has ${current} partitions; the new total must be larger, not ${partitions}`,
        {
          details: { topic: topic.name, partitions, current },
        },
      );
    }
    this.#checkRoom({ topics: 0, partitions: partitions - current });
    if (wanted.validateOnly) return partitions;
    await this.#replaceRecord(topic, { partitions });
    this.#news.grown(topic.name, { partitions, before: current }, by);
    return partitions;
  }

  async #replaceRecord(topic: Topic, change: Partial<TopicRecord>): Promise<void> {
    const { metadata, registry } = this.#options;
    const entry = await metadata.get(topicKey(topic.name));
    if (entry === null) throw unknownTopic(topic.name);
    const record = { ...decodeTopicRecord(entry.key, entry.value), ...change };
    const { isSet } = await metadata.compareAndSet({
      key: entry.key,
      expectedVersion: entry.version,
      value: encodeTopicRecord(record),
    });
    if (!isSet) throw new QError('BROKER_BUSY', `topic ${topic.name} was changed by somebody else at the same time`);
    await registry.settled();
  }

  #requireTopic(name: string, change: string): Topic {
    refuseInternal(name, change);
    const topic = this.#options.registry.byName(name);
    if (topic === undefined) throw unknownTopic(name);
    return topic;
  }

  #checkRoom(added: { topics: number; partitions: number }): void {
    const { registry, limits } = this.#options;
    checkRoom(limits, { topics: registry.size, partitions: registry.partitionCount }, added);
  }
}
