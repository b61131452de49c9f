/**
 * A topic as the broker serves it, with its partitions.
 *
 * Invariants:
 *  1. `partitions[i].index === i`; partitions are only ever added.
 *  2. A partition has a log, or the reason why it has none.
 *  3. Once `isDeleted`, no handler finds the topic any more; those that hold it get errors from its closed logs.
 */
import { QError } from '@q/protocol';
import type { Resource } from '@q/security';
import type { Append, PartitionLog } from '@q/storage';
import { toWireError } from '../../errors/wire-error.ts';
import { Traffic } from '../../metrics/traffic.ts';
import type { Leader } from './leadership.ts';
import { describeTopicSettings, resolveTopicSettings } from './topic-config.ts';
import type { SettingInForce, SettingTexts, TopicSettings } from './topic-config.ts';
import type { TopicRecord } from './topic-record.ts';

export class Topic {
  /** Itself, as access rules have it. */
  readonly resource: Resource;
  readonly name: string;
  readonly id: string;
  readonly internal: boolean;
  /** The broker's term in which it was made; null for a topic of the broker's own. */
  readonly firstTerm: number | null;
  readonly replicas: number;
  readonly partitions: Partition[] = [];
  /** Of all partitions, since the broker's start. */
  readonly traffic: Traffic = new Traffic();
  isDeleted = false;
  #texts: SettingTexts;
  #settings: TopicSettings;
  readonly #brokerDefaults: SettingTexts;

  constructor(options: {
    record: Pick<TopicRecord, 'name' | 'topicId' | 'replicas' | 'configs'> & { readonly firstTerm: number | null };
    internal: boolean;
    brokerDefaults: SettingTexts;
  }) {
    const { record } = options;
    this.name = record.name;
    this.resource = { type: 'topic', name: record.name };
    this.id = record.topicId;
    this.internal = options.internal;
    this.firstTerm = record.firstTerm;
    this.replicas = record.replicas;
    this.#brokerDefaults = options.brokerDefaults;
    this.#texts = new Map(Object.entries(record.configs));
    this.#settings = resolveTopicSettings({ topic: this.#texts, broker: options.brokerDefaults });
  }

  get settings(): TopicSettings {
    return this.#settings;
  }

  /** The topic's own settings. */
  get settingTexts(): SettingTexts {
    return this.#texts;
  }

  get cleanupPolicy(): string {
    const { compact, delete: deletes } = this.#settings.log.cleanupPolicy;
    if (!compact) return 'delete';
    return deletes ? 'compact,delete' : 'compact';
  }

  /** Records that can be read, of all partitions. Costs a look at each of their segments. */
  countMessages(): { readonly messages: number; readonly messagesExact: boolean } {
    let messages = 0;
    let messagesExact = true;
    for (const { log } of this.partitions) {
      if (log === null) continue;
      const { records, isExact } = log.recordsFrom(log.logStartOffset);
      messages += records;
      messagesExact &&= isExact;
    }
    return { messages, messagesExact };
  }

  /** What deleting the topic gives back to the disk (`PartitionLog.diskBytes`). */
  get bytes(): number {
    let bytes = 0;
    for (const { log } of this.partitions) bytes += log?.diskBytes ?? 0;
    return bytes;
  }

  describeSettings(): SettingInForce[] {
    return describeTopicSettings({ topic: this.#texts, broker: this.#brokerDefaults });
  }

  /** Puts other settings in force, for the open logs too. */
  updateSettings(texts: SettingTexts): void {
    this.#texts = texts;
    this.#settings = resolveTopicSettings({ topic: texts, broker: this.#brokerDefaults });
    for (const { log } of this.partitions) log?.updateConfig(this.#settings.log);
  }
}

export class Partition {
  readonly topic: Topic;
  readonly index: number;
  /** Who leads it now. */
  leader: Leader;
  /** The latest append, while it is not settled: what is answered later about this partition waits for it. */
  lastAppend: Append | null = null;
  #log: PartitionLog | null = null;
  #trouble: unknown = null;
  #isTriedAgain = false;
  #stopWatching: (() => void) | null = null;
  readonly #waiters = new Set<() => void>();

  constructor(topic: Topic, index: number, leader: Leader) {
    this.topic = topic;
    this.index = index;
    this.leader = leader;
  }

  get log(): PartitionLog | null {
    return this.#log;
  }

  get leaderEpoch(): number {
    return this.leader.epoch;
  }

  /** Takes the open log into service. */
  serve(log: PartitionLog): void {
    if (log !== this.#log) this.#unwatch();
    this.#log = log;
    this.#trouble = null;
    if (this.#waiters.size > 0) this.#watch();
  }

  /** The log could not be opened: every request is told why. `isTriedAgain`: by itself, until it can be. */
  fail(error: unknown, { isTriedAgain }: { isTriedAgain: boolean }): void {
    this.#unwatch();
    this.#log = null;
    this.#trouble = error;
    this.#isTriedAgain = isTriedAgain;
  }

  /** The log is going away; who waits for records learns it. */
  retire(): void {
    this.#unwatch();
    this.#wake();
  }

  /**
   * @throws QError NOT_LEADER (it is not open, and will be: ask again), or why there will be no log until somebody sees
   * to it.
   */
  requireLog(): PartitionLog {
    if (this.#log !== null) return this.#log;
    const where = `partition ${this.index} of topic ${this.topic.name}`;
    if (this.#trouble === null) throw new QError('NOT_LEADER', `${where} is not open yet`);
    const error = toWireError(this.#trouble);
    if (!this.#isTriedAgain) throw error;
    // Its own code is final for clients, and would end readers and lose records over what is going to pass.
    throw new QError('NOT_LEADER', `${where} could not be opened, which is tried again: ${error.message}`, {
      cause: error,
    });
  }

  /** What is wrong with the partition, or null. */
  get trouble(): QError | null {
    if (this.#log === null) {
      return this.#trouble === null ? null : toWireError(this.#trouble);
    }
    if (this.#log.state !== 'quarantined') return null;
    return new QError('CORRUPT_LOG', `stored data of partition ${this.index} of topic ${this.topic.name} is damaged`);
  }

  /** Calls `waiter` at each move of the high watermark and at the end of the log. Returns how to stop that. */
  onRecords(waiter: () => void): () => void {
    this.#waiters.add(waiter);
    this.#watch();
    return () => {
      this.#waiters.delete(waiter);
      if (this.#waiters.size === 0) this.#unwatch();
    };
  }

  /** Only while somebody waits: each round would call all of its partitions otherwise, to find that nobody does. */
  #watch(): void {
    this.#stopWatching ??= this.#log?.onHighWatermark(this.#wake) ?? null;
  }

  #unwatch(): void {
    this.#stopWatching?.();
    this.#stopWatching = null;
  }

  readonly #wake = (): void => {
    for (const waiter of this.#waiters) waiter();
  };
}
