import { QError } from '@q/protocol';

import type { Timer } from '../clock.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { lookUpOffsets } from '../cluster/offset-lookup.ts';
import type { TopicMetadata } from '../cluster/topic-metadata.ts';
import type { ResolvedConsumerOptions } from '../options.ts';
import { toQError } from '../retry.ts';
import { Fetcher } from './fetcher.ts';
import { PartitionReader } from './partition-reader.ts';
import { resolveStart } from './start-position.ts';

export interface PartitionSetOptions {
  readonly cluster: Cluster;
  readonly topic: string;
  readonly options: ResolvedConsumerOptions;
  readonly onBatches: (reader: PartitionReader) => void;
  /** There is a failure to look at, or a reader is done. */
  readonly onChange: () => void;
}

/**
 * The partitions of a consumer: finds them and their start positions, follows their leaders, adds new ones.
 *
 * Invariants
 * - Partitions are added once and never removed. One that appears after the start is read from its beginning: it was empty
 *   when the consumer started, so nothing of it was to be left out.
 * - What can pass is retried for ever; what cannot becomes `failure`, which the loop throws.
 */
export class PartitionSet {
  readonly fetcher: Fetcher;
  readonly #o: PartitionSetOptions;
  readonly #readers = new Map<number, PartitionReader>();
  readonly #closing = new AbortController();
  #starting: Promise<void> | null = null;
  #topicId = '';
  #failure: QError | null = null;
  #refreshing = false;
  #refreshTimer: Timer | null = null;
  #unwatch: () => void = () => {};

  constructor(o: PartitionSetOptions) {
    this.#o = o;
    this.fetcher = new Fetcher({
      cluster: o.cluster,
      options: o.options,
      events: {
        onBatches: o.onBatches,
        onOutOfRange: (reader) => void this.#reposition(reader),
        onFatal: (error) => this.#fail(error),
        onStaleMetadata: () => void this.#refresh(),
      },
    });
  }

  all(): PartitionReader[] {
    return [...this.#readers.values()];
  }

  get allDone(): boolean {
    return this.#readers.size > 0 && this.all().every(({ isDone }) => isDone);
  }

  /** @throws QError `UNKNOWN_PARTITION`. */
  get(partition: number): PartitionReader {
    const reader = this.#readers.get(partition);
    if (reader !== undefined) return reader;
    const read = this.#readers.size === 0 ? 'nothing yet (await ready())' : [...this.#readers.keys()].join(', ');
    throw new QError('UNKNOWN_PARTITION', `The consumer of topic "${this.#o.topic}" does not read partition ${String(partition)}; it reads ${read}`);
  }

  /** Finds the partitions and where to begin; once. A failed start may be tried again. */
  start(): Promise<void> {
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = null;
      if (!this.#closing.signal.aborted) throw error;
    });
    return this.#starting;
  }

  /** Throws what the loop has to fail with, once. */
  throwFailure(): void {
    // Asked for each message.
    if (this.#failure === null) return;
    const failure = this.#failure;
    this.#failure = null;
    throw failure;
  }

  close(): void {
    this.#closing.abort();
    this.#unwatch();
    this.#refreshTimer?.cancel();
  }

  async #start(): Promise<void> {
    const { cluster, topic, options } = this.#o;
    const metadata = await this.#persist(() => cluster.metadata.topic(topic));
    const partitions = this.#chosen(metadata);
    const signal = this.#closing.signal;
    const starts = await this.#persist(() => resolveStart(cluster, topic, { partitions, from: options.from, signal }));
    const ends = options.stopAtEnd ? await this.#persist(() => this.#lookUp(partitions, 'end')) : null;
    for (const partition of partitions) this.#add(partition, { position: starts.get(partition) ?? 0, endOffset: ends === null ? null : (ends.get(partition) ?? 0) });
    this.#apply(metadata);
    this.#unwatch = cluster.metadata.watch(topic, (newer) => this.#apply(newer));
    if (options.partitions === 'all' && !options.stopAtEnd) this.#scheduleRefresh();
  }

  #chosen(metadata: TopicMetadata): readonly number[] {
    const { partitions } = this.#o.options;
    if (partitions === 'all') return metadata.partitions.map(({ partition }) => partition);
    const unknown = partitions.find((partition) => metadata.partitions[partition] === undefined);
    if (unknown === undefined) return partitions;
    throw new QError('UNKNOWN_PARTITION', `Topic "${metadata.name}" has no partition ${unknown}; it has 0 to ${metadata.partitions.length - 1}`, {
      details: { topic: metadata.name, partition: unknown },
    });
  }

  #add(partition: number, o: { position: number; endOffset: number | null }): void {
    const reader = new PartitionReader({ topic: this.#o.topic, partition, position: o.position });
    reader.endOffset = o.endOffset;
    this.#readers.set(partition, reader);
    this.fetcher.add(reader);
  }

  #apply(metadata: TopicMetadata): void {
    if (this.#topicId !== '' && this.#topicId !== metadata.topicId) this.#madeAnew();
    this.#topicId = metadata.topicId;
    this.fetcher.setTopicId(metadata.topicId);
    for (const { partition, leaderId, leaderEpoch } of metadata.partitions) {
      const { partitions, stopAtEnd } = this.#o.options;
      if (!this.#readers.has(partition) && partitions === 'all' && !stopAtEnd) this.#add(partition, { position: 0, endOffset: null });
      const reader = this.#readers.get(partition);
      if (reader === undefined) continue;
      reader.leaderId = leaderId;
      reader.leaderEpoch = leaderEpoch;
    }
    this.fetcher.pump();
  }

  /** Offsets of a topic that was deleted mean nothing in one that has its name. */
  #madeAnew(): void {
    if (this.#o.options.onOffsetOutOfRange !== 'fail') {
      for (const reader of this.#readers.values()) void this.#reposition(reader);
      return;
    }
    this.#fail(new QError('UNKNOWN_TOPIC', `Topic "${this.#o.topic}" was deleted and created again; the positions in the old one mean nothing in the new one`, { details: { topic: this.#o.topic } }));
  }

  async #reposition(reader: PartitionReader): Promise<void> {
    const { onOffsetOutOfRange } = this.#o.options;
    if (reader.isHeld) return;
    reader.isHeld = true;
    try {
      const [start, end] = await this.#persist(() => Promise.all([this.#lookUp([reader.partition], 'start'), this.#lookUp([reader.partition], 'end')]));
      const range = { logStartOffset: start.get(reader.partition) ?? 0, highWatermark: end.get(reader.partition) ?? 0 };
      if (onOffsetOutOfRange === 'fail') this.#fail(outOfRange(reader, range));
      else reader.seek(onOffsetOutOfRange === 'earliest' ? range.logStartOffset : range.highWatermark);
      // Perhaps past the end that was wanted: then no fetch will come to tell the loop.
      if (reader.isDone) this.#o.onChange();
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#fail(toQError(error, 'looking up offsets'));
    } finally {
      reader.isHeld = false;
      this.fetcher.pump();
    }
  }

  async #lookUp(partitions: readonly number[], at: 'start' | 'end'): Promise<Map<number, number>> {
    const answers = await lookUpOffsets(this.#o.cluster, this.#o.topic, { questions: partitions.map((partition) => ({ partition, at })), signal: this.#closing.signal });
    return new Map(answers.map(({ partition, offset }) => [partition, offset ?? 0]));
  }

  /** Until it works, or fails in a way that no retry can mend. */
  async #persist<T>(attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt();
      } catch (thrown) {
        const error = toQError(thrown, `consuming topic "${this.#o.topic}"`);
        if (!error.retriable) throw error;
        await this.#o.cluster.pause(tries, this.#closing.signal);
      }
    }
  }

  async #refresh(): Promise<void> {
    if (this.#refreshing || this.#closing.signal.aborted) return;
    this.#refreshing = true;
    try {
      // Those who watch the topic, which we do, hear of the answer by themselves.
      await this.#o.cluster.metadata.refresh(this.#o.topic);
    } catch (thrown) {
      const error = toQError(thrown, 'refreshing metadata');
      if (!error.retriable && !this.#closing.signal.aborted) this.#fail(error);
    } finally {
      this.#refreshing = false;
      this.fetcher.pump();
    }
  }

  #scheduleRefresh(): void {
    this.#refreshTimer = this.#o.cluster.clock.schedule(this.#o.options.partitionRefreshMs, () => {
      this.#scheduleRefresh();
      void this.#refresh();
    });
  }

  #fail(error: QError): void {
    this.#failure ??= error;
    this.#o.onChange();
  }
}

function outOfRange(reader: PartitionReader, range: { logStartOffset: number; highWatermark: number }): QError {
  const { topic, partition, position } = reader;
  return new QError('OFFSET_OUT_OF_RANGE', `Topic "${topic}", partition ${partition}: offset ${position} is not in the log, which goes from ${range.logStartOffset} to ${range.highWatermark}`, {
    details: { topic, partition, offset: position, ...range },
  });
}
