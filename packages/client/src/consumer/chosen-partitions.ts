import { QError } from '@q/protocol';

import type { Timer } from '../clock.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { TopicMetadata } from '../cluster/topic-metadata.ts';
import type { ResolvedConsumerOptions } from './consumer-options.ts';
import { shown } from '../shown.ts';
import type { PartitionReader } from './partition-reader.ts';
import { PartitionSet } from './partition-set.ts';
import { resolveStart } from './start-position.ts';

/**
 * The partitions that a consumer without a group reads: those it was told, or all.
 *
 * Invariants
 * - Partitions are added once, and removed only where all are read and the topic was made anew with fewer. One that
 *   appears after the start is read from its beginning: it was empty when the consumer started, so nothing of it was to
 *   be left out.
 * - Only between `follow` and `unfollow` there is a timer, or anything that is shared with others knows of the
 *   partitions.
 */
export class ChosenPartitions {
  readonly set: PartitionSet;
  readonly #o: { readonly cluster: Cluster; readonly topic: string; readonly options: ResolvedConsumerOptions };
  #starting: Promise<void> | null = null;
  /** Of the start. */
  #metadata: TopicMetadata | null = null;
  #refreshTimer: Timer | null = null;
  #isFollowing = false;
  #readying = 0;
  /** Monotonic: when the topic's metadata was asked for last. */
  #refreshedAtMs = 0;

  constructor(o: {
    cluster: Cluster;
    topic: string;
    options: ResolvedConsumerOptions;
    onBatches: (reader: PartitionReader) => void;
    onEmpty: () => void;
    onFailure: () => void;
  }) {
    this.#o = o;
    this.set = new PartitionSet({
      cluster: o.cluster,
      topic: o.topic,
      fetch: o.options,
      onOffsetOutOfRange: o.options.onOffsetOutOfRange,
      onBatches: o.onBatches,
      onEmpty: o.onEmpty,
      onFailure: o.onFailure,
      onMetadata: (metadata) => this.#addNew(metadata),
      onMadeAnew: (metadata) => this.#madeAnew(metadata),
    });
  }

  get allDone(): boolean {
    const readers = this.set.all();
    return readers.length > 0 && readers.every(({ isDone }) => isDone);
  }

  /** @throws QError `UNKNOWN_PARTITION`. */
  get(partition: number): PartitionReader {
    const reader = this.set.get(partition);
    if (reader !== undefined) return reader;
    const readers = this.set.all();
    const read =
      readers.length === 0 ? 'nothing yet (await ready())' : readers.map((other) => other.partition).join(', ');
    throw new QError(
      'UNKNOWN_PARTITION',
      `The consumer of topic "${this.#o.topic}" does not read partition ${shown(partition)}; it reads ${read}`,
      { details: { topic: this.#o.topic, argument: 'partition' } },
    );
  }

  /** As `start`, for somebody who waits for nothing else. */
  async ready(): Promise<void> {
    this.#readying += 1;
    await this.start().finally(() => {
      this.#readying -= 1;
    });
  }

  /**
   * Finds the partitions and where to begin; once. A failed start may be tried again, and so may one that nobody waited
   * for any more.
   */
  start(): Promise<void> {
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = null;
      if (!this.set.closing.aborted) throw error;
    });
    return this.#starting;
  }

  /** Hears of leaders and of new partitions from now on. */
  follow(): void {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    const known = this.#metadata;
    if (known !== null) this.#follow(known);
  }

  unfollow(): void {
    this.#isFollowing = false;
    this.set.unfollow();
    this.#refreshTimer?.cancel();
  }

  close(): void {
    this.unfollow();
    this.set.close();
  }

  async #start(): Promise<void> {
    const { cluster, topic, options } = this.#o;
    const isWanted = (): boolean => this.#isFollowing || this.#readying > 0;
    const metadata = await this.set.persist(() => this.#ask(), isWanted);
    const partitions = this.#chosen(metadata);
    const starts = await this.set.persist(
      () => resolveStart(cluster, topic, { partitions, from: options.from, signal: this.set.closing }),
      isWanted,
    );
    const ends = options.stopAtEnd ? await this.set.persist(() => this.set.lookUp(partitions, 'end'), isWanted) : null;
    for (const partition of partitions)
      this.set.add(partition, {
        position: starts.get(partition) ?? 0,
        endOffset: ends === null ? null : (ends.get(partition) ?? 0),
      });
    this.set.learn(metadata);
    this.#metadata = metadata;
    this.#refreshedAtMs = cluster.clock.monotonic();
    if (this.#isFollowing) this.#follow(metadata);
  }

  /** After a pause there may be news that nobody told us. */
  #follow(known: TopicMetadata): void {
    const { cluster, topic, options } = this.#o;
    this.set.follow(cluster.metadata.get(topic) ?? known);
    if (options.partitions !== 'all' || options.stopAtEnd) return;
    if (cluster.clock.monotonic() - this.#refreshedAtMs >= options.partitionRefreshMs) this.#refresh();
    this.#scheduleRefresh();
  }

  #refresh(): void {
    this.#refreshedAtMs = this.#o.cluster.clock.monotonic();
    void this.set.refresh();
  }

  /**
   * What is known of the topic, unless a partition may have been added since: one that is named, or one whose end is
   * the end of the loop.
   */
  async #ask(): Promise<TopicMetadata> {
    const { cluster, topic, options } = this.#o;
    const known = cluster.metadata.get(topic);
    if (known === undefined || options.stopAtEnd || this.#unknownIn(known) !== undefined)
      return cluster.metadata.refreshAnew(topic);
    return known;
  }

  #unknownIn(metadata: TopicMetadata): number | undefined {
    const { partitions } = this.#o.options;
    return partitions === 'all'
      ? undefined
      : partitions.find((partition) => metadata.partitions[partition] === undefined);
  }

  #chosen(metadata: TopicMetadata): readonly number[] {
    const { partitions } = this.#o.options;
    if (partitions === 'all') return metadata.partitions.map(({ partition }) => partition);
    const unknown = this.#unknownIn(metadata);
    if (unknown === undefined) return partitions;
    throw new QError(
      'UNKNOWN_PARTITION',
      `Topic "${metadata.name}" has no partition ${unknown}; it has 0 to ${metadata.partitions.length - 1}`,
      {
        details: { topic: metadata.name, partition: unknown },
      },
    );
  }

  #addNew(metadata: TopicMetadata): void {
    const { partitions, stopAtEnd } = this.#o.options;
    if (partitions !== 'all' || stopAtEnd) return;
    for (const { partition } of metadata.partitions) {
      if (this.set.get(partition) === undefined) this.set.add(partition, { position: 0, endOffset: null });
    }
  }

  #madeAnew(metadata: TopicMetadata): void {
    const { onOffsetOutOfRange, partitions } = this.#o.options;
    if (onOffsetOutOfRange !== 'fail') {
      for (const reader of this.set.all()) {
        // Who named it is told that it is not there; who reads all there are reads one less.
        if (partitions === 'all' && metadata.partitions[reader.partition] === undefined) this.set.remove(reader);
        else void this.set.reposition(reader);
      }
      return;
    }
    const { topic } = this.#o;
    this.set.fail(
      new QError(
        'UNKNOWN_TOPIC',
        `Topic "${topic}" was deleted and created again; the positions in the old one mean nothing in the new one`,
        { details: { topic } },
      ),
    );
  }

  #scheduleRefresh(): void {
    this.#refreshTimer = this.#o.cluster.clock.schedule(this.#o.options.partitionRefreshMs, () => {
      this.#scheduleRefresh();
      this.#refresh();
    });
  }
}
