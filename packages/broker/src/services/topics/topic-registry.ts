/**
 * The topics that this broker serves, kept in step with the metadata store.
 *
 * Invariants:
 *  1. Topics in the two maps are the same, and are exactly those whose metadata record is `active` and whose logs were
 *     opened (or whose opening failed and is reported by the partition), but for those that were withdrawn.
 *  2. Changes are applied one after another in the order in which the metadata store tells them (`#tail`).
 *  3. A topic's data is removed only after its metadata record says `deleting`.
 *  4. A partition without a log whose trouble may pass is tried again, with a growing pause, until it is open or its
 *     topic is gone.
 */
import { StorageError, Turnstile } from '@q/storage';
import type { LogId, LogStore, PartitionLog } from '@q/storage';
import type { Clock } from '../../clock.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { MetadataChange, MetadataStore } from '../../metadata/metadata-store.ts';
import { isStorageFull } from '../../storage-full.ts';
import { internalTopic } from './internal-topic.ts';
import type { Leadership } from './leadership.ts';
import { OpeningProgress } from './opening-progress.ts';
import { RetrySchedule } from './retry-schedule.ts';
import { Partition, Topic } from './topic.ts';
import type { SettingTexts } from './topic-config.ts';
import type { TopicListener } from './topic-listener.ts';
import { decodeTopicRecord, topicKeyPrefix } from './topic-record.ts';
import type { TopicRecord } from './topic-record.ts';

/** Of which the settings are put in force in one turn of the event loop. */
const topicsPerTurn = 200;

export interface TopicRegistryOptions {
  readonly store: LogStore;
  readonly metadata: MetadataStore;
  readonly logger: BrokerLogger;
  readonly brokerDefaults: SettingTexts;
  readonly leadership: Leadership;
  readonly logOpensMax: number;
  readonly clock: Pick<Clock, 'monotonic' | 'defer'>;
  /** Pause before what failed is tried again; it doubles up to `retryPauseMsMax`. */
  readonly retryPauseMsMin: number;
  readonly retryPauseMsMax: number;
  /** Logs of internal topics that others open, if they are there; none unless told otherwise. */
  readonly ownLogs?: readonly LogId[];
}

export class TopicRegistry {
  readonly #options: TopicRegistryOptions;
  readonly #turnstile: Turnstile;
  readonly #unopened: RetrySchedule<Partition>;
  readonly #undeleted: RetrySchedule<TopicRecord>;
  readonly #byName = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();
  #tail: Promise<void> = Promise.resolve();
  readonly #listeners = new Set<TopicListener>();
  #partitions = 0;
  /** During the start. */
  #progress: OpeningProgress | null = null;
  #stopWatching: (() => void) | null = null;

  constructor(options: TopicRegistryOptions) {
    this.#options = options;
    this.#turnstile = new Turnstile(options.logOpensMax);
    const pauses = { clock: options.clock, pauseMsMin: options.retryPauseMsMin, pauseMsMax: options.retryPauseMsMax };
    this.#unopened = new RetrySchedule(pauses);
    this.#undeleted = new RetrySchedule(pauses);
  }

  /** All partitions of all topics. */
  get partitionCount(): number {
    return this.#partitions;
  }

  get size(): number {
    return this.#byName.size;
  }

  /** Without those that the broker keeps for itself: what an operator has made, and counts. */
  countForUsers(): { topics: number; partitions: number } {
    const counts = { topics: 0, partitions: 0 };
    for (const topic of this.#byName.values()) {
      if (topic.internal) continue;
      counts.topics += 1;
      counts.partitions += topic.partitions.length;
    }
    return counts;
  }

  byName(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  byId(id: string): Topic | undefined {
    return this.#byId.get(id);
  }

  topics(): IterableIterator<Topic> {
    return this.#byName.values();
  }

  /** Takes a topic of the broker's own, which has no record, such as the metadata topic itself. */
  serveInternal(log: PartitionLog, settings?: Readonly<Record<string, string>>): void {
    const { brokerDefaults, leadership } = this.#options;
    this.addInternal(internalTopic({ log, brokerDefaults, leadership, settings }));
  }

  /** As `serveInternal`, a topic that is made already. */
  addInternal(topic: Topic): void {
    this.#put(topic);
    this.#partitions += topic.partitions.length;
  }

  /** Tells the listener of every change from now on. Returns how to stop that. */
  listen(listener: TopicListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Opens every topic that the metadata store knows, finishes deletions, and follows its changes from now on.
   * Returns those of `ownLogs` that the store holds.
   */
  async start(): Promise<LogId[]> {
    const { metadata, leadership } = this.#options;
    const { entries, revision } = await metadata.list(topicKeyPrefix);
    const records = entries.map((entry) => decodeTopicRecord(entry.key, entry.value));
    const withState = (state: TopicRecord['state']): TopicRecord[] =>
      records.filter((record) => record.state === state);
    const active = withState('active');
    const total = active.reduce((sum, { partitions }) => sum + partitions, 0);
    const { clock, logger } = this.#options;
    this.#progress = new OpeningProgress({ clock, logger, total });
    await Promise.all(active.map((record) => this.#apply(record)));
    this.#progress = null;
    await Promise.all(withState('deleting').map((record) => this.#deleteLogs(record)));
    const stops = [
      metadata.watch({ prefix: topicKeyPrefix, afterRevision: revision, listener: (change) => this.#follow(change) }),
      leadership.watch((topicId, partition) => this.#leaderChanged(topicId, partition)),
    ];
    this.#stopWatching = () => {
      for (const stop of stops) stop();
    };
    return this.#sortOutOrphans(records);
  }

  /** Resolves when every change that was told so far is in force. */
  settled(): Promise<void> {
    return this.#tail;
  }

  stop(): void {
    this.#stopWatching?.();
  }

  #follow(change: MetadataChange): void {
    this.#tail = this.#tail.then(async () => {
      try {
        if (change.kind === 'put') await this.#apply(decodeTopicRecord(change.entry.key, change.entry.value));
      } catch (error) {
        this.#options.logger.error(
          { event: 'topic.change_failed', change: change.kind, err: error },
          'a topic change could not be applied',
        );
      }
    });
  }

  async #apply(record: TopicRecord): Promise<void> {
    if (record.state === 'deleting') {
      this.#retire(record);
      await this.#deleteLogs(record);
      return;
    }
    let topic = this.#byName.get(record.name);
    if (topic === undefined) {
      topic = new Topic({
        record,
        internal: false,
        brokerDefaults: this.#options.brokerDefaults,
      });
    } else {
      topic.updateSettings(new Map(Object.entries(record.configs)));
    }
    const partitionsBefore = topic.partitions.length;
    await this.#openPartitions(topic, record);
    this.#put(topic);
    if (topic.partitions.length === partitionsBefore) return;
    for (const listener of this.#listeners) listener.topicGrew(topic);
  }

  async #openPartitions(topic: Topic, record: TopicRecord): Promise<void> {
    const added: Partition[] = [];
    for (let index = topic.partitions.length; index < record.partitions; index += 1) {
      added.push(new Partition(topic, index, this.#options.leadership.leaderOf(record, index)));
    }
    await Promise.all(added.map((partition) => this.#turnstile.run(() => this.#open(partition))));
    topic.partitions.push(...added);
    this.#partitions += added.length;
  }

  async #open(partition: Partition): Promise<void> {
    const { topic, index } = partition;
    const id = { topic: topic.name, topicId: topic.id, partition: index };
    const { store, logger } = this.#options;
    const fields = { topic: topic.name, partition: index };
    try {
      const log = await store.open(id, topic.settings.log);
      // They may have changed while it was opened.
      log.updateConfig(topic.settings.log);
      partition.serve(log);
      if (this.#unopened.settled(partition))
        logger.info({ event: 'partition.opened_again', ...fields }, 'a partition that could not be opened is open now');
      // Deleted while it was opened: what was made anew goes as well.
      if (topic.isDeleted) await this.#deleteLog(id);
    } catch (error) {
      const isTriedAgain = mayHeal(error) && !topic.isDeleted;
      partition.fail(error, { isTriedAgain });
      if (!isTriedAgain) this.#unopened.settled(partition);
      // Said once: what is tried again fails as it did before.
      if (!isTriedAgain || this.#unopened.failed(partition) === 1)
        logger.error({ event: 'partition.not_opened', ...fields, err: error }, 'a partition could not be opened');
    } finally {
      this.#progress?.opened();
    }
  }

  /**
   * The broker's settings of topics are other ones now: puts them in force in every topic that does not set them
   * itself. Internal topics go by none of them.
   */
  async defaultsChanged(): Promise<void> {
    let updated = 0;
    for (const topic of this.#byName.values()) {
      // What changes while this waits is in force already, or comes by.
      if (topic.internal || topic.isDeleted) continue;
      topic.updateSettings(topic.settingTexts);
      updated += 1;
      if (updated % topicsPerTurn === 0) await new Promise<void>((resolve) => this.#options.clock.defer(resolve));
    }
  }

  #leaderChanged(topicId: string, index: number): void {
    const partition = this.#byId.get(topicId)?.partitions[index];
    if (partition === undefined) return;
    const { firstTerm } = partition.topic;
    partition.leader = this.#options.leadership.leaderOf({ topicId, firstTerm }, index);
  }

  /**
   * Tries again what has failed and may have healed: partitions that could not be opened, data of deleted topics that
   * could not be removed. Each with a growing pause; for the rounds of maintenance.
   */
  async tryAgain(): Promise<void> {
    const partitions = this.#unopened.due();
    await Promise.all(partitions.map((partition) => this.#turnstile.run(() => this.#openAgain(partition))));
    for (const record of this.#undeleted.due()) await this.#deleteAgain(record);
    const failed = partitions.filter(({ log }) => log === null).length;
    if (failed > 0)
      this.#options.logger.warn(
        { event: 'partition.not_opened_again', partitions: failed },
        'partitions could not be opened again; they are tried later',
      );
  }

  async #openAgain(partition: Partition): Promise<void> {
    if (partition.topic.isDeleted) this.#unopened.settled(partition);
    else if (partition.log === null) await this.#open(partition);
  }

  async #deleteAgain(record: TopicRecord): Promise<void> {
    try {
      await this.#deleteLogs(record);
    } catch (error) {
      this.#undeleted.failed(record);
      this.#options.logger.error(
        { event: 'topic.not_deleted', topic: record.name, err: error },
        'a topic could not be deleted for good; it is tried later',
      );
    }
  }

  /**
   * Opens a partition again that is in trouble, by command: also one that is set aside because its data is damaged, of
   * which the files may have been put right. One without trouble is left alone. What is wrong afterwards, the partition
   * says.
   */
  async reopen(partition: Partition): Promise<void> {
    if (partition.trouble === null || partition.topic.isDeleted) return;
    await this.#turnstile.run(async () => {
      await partition.log?.close();
      if (!partition.topic.isDeleted) await this.#open(partition);
    });
  }

  #put(topic: Topic): void {
    this.#byName.set(topic.name, topic);
    this.#byId.set(topic.id, topic);
  }

  #retire(record: TopicRecord): void {
    const topic = this.#byId.get(record.topicId);
    if (topic !== undefined) this.withdraw(topic);
  }

  /** Out of service, with its data left where it is: the record that says `deleting` follows. */
  withdraw(topic: Topic): void {
    topic.isDeleted = true;
    this.#byName.delete(topic.name);
    this.#byId.delete(topic.id);
    this.#partitions -= topic.partitions.length;
    for (const partition of topic.partitions) partition.retire();
    for (const listener of this.#listeners) listener.topicDeleted(topic);
  }

  async #deleteLogs(record: TopicRecord): Promise<void> {
    const { metadata } = this.#options;
    const { name: topic, topicId } = record;
    const ids = Array.from({ length: record.partitions }, (_, partition) => ({ topic, topicId, partition }));
    const deleted = await Promise.all(ids.map((id) => this.#turnstile.run(() => this.#deleteLog(id))));
    // With data left the record stays, so that a later round of maintenance, the next start, or the next DELETE_TOPIC
    // tries again.
    if (deleted.includes(false)) {
      this.#undeleted.failed(record);
      return;
    }
    this.#undeleted.settled(record);
    const entry = await metadata.get(topicKeyPrefix + record.name);
    if (entry === null || decodeTopicRecord(entry.key, entry.value).topicId !== record.topicId) return;
    try {
      await metadata.compareAndSet({ key: entry.key, expectedVersion: entry.version, value: null, isVital: true });
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      this.#undeleted.failed(record);
      this.#options.logger.warn(
        { event: 'topic.deletion_not_noted', topic: record.name, err: error },
        'the disk is full; that the topic is gone is noted later',
      );
    }
  }

  /** Whether the log is gone. */
  async #deleteLog(id: LogId): Promise<boolean> {
    try {
      await this.#options.store.delete(id);
      return true;
    } catch (error) {
      // An earlier try got so far, or the broker stopped before it had made this log.
      if (StorageError.is(error) && error.code === 'UNKNOWN_LOG') return true;
      const { topic, partition } = id;
      this.#options.logger.error(
        { event: 'partition.data_not_removed', topic, partition, err: error },
        'the data of a deleted topic could not be removed',
      );
      return false;
    }
  }

  /**
   * Data of topics that no record names. It is never removed: every topic that the broker itself deletes leaves a
   * record until its data is gone, so this is data whose record was lost, and perhaps all that is left of it.
   */
  async #sortOutOrphans(records: readonly TopicRecord[]): Promise<LogId[]> {
    const known = new Set(records.map((record) => record.topicId));
    const isOrphan = (id: LogId): boolean => !known.has(id.topicId) && !this.#byId.has(id.topicId);
    const isOwn = (id: LogId): boolean => (this.#options.ownLogs ?? []).some((own) => own.topicId === id.topicId);
    const orphans = (await this.#options.store.list()).filter(isOrphan);
    for (const id of orphans.filter((orphan) => !isOwn(orphan))) {
      this.#options.logger.warn(
        { event: 'partition.unknown_topic', topic: id.topic, topicId: id.topicId, partition: id.partition },
        'the data folder holds a partition of a topic that is not known; it is left alone',
      );
    }
    return orphans.filter(isOwn);
  }
}

/**
 * A disk that could not be read, or had no room or no descriptor, may be well again. Whose the data is does not change
 * by itself.
 */
function mayHeal(error: unknown): boolean {
  return StorageError.is(error) && (error.code === 'STORAGE_FAILED' || error.code === 'STORAGE_FULL');
}
