import { QError } from '@q/protocol';

import type { Cluster } from '../cluster/cluster.ts';
import { lookUpOffsets } from '../cluster/offset-lookup.ts';
import type { TopicMetadata } from '../cluster/topic-metadata.ts';
import type { OffsetOutOfRangePolicy } from './consumer-options.ts';
import { toQError } from '../retry.ts';
import { Fetcher } from './fetcher.ts';
import type { FetchOptions } from './fetcher.ts';
import { PartitionReader } from './partition-reader.ts';

export interface PartitionSetOptions {
  readonly cluster: Cluster;
  readonly topic: string;
  readonly fetch: FetchOptions;
  readonly onOffsetOutOfRange: OffsetOutOfRangePolicy;
  readonly onBatches: (reader: PartitionReader) => void;
  /** A partition has nothing more for now. */
  readonly onEmpty: () => void;
  /** There is a failure to look at. */
  readonly onFailure: (error: QError) => void;
  /** News of the topic, before its leaders are taken over. */
  readonly onMetadata?: (metadata: TopicMetadata) => void;
  /** The topic was deleted and made again: positions in the old one mean nothing in the new one. */
  readonly onMadeAnew: (metadata: TopicMetadata) => void;
}

/**
 * The partitions that are being read: follows their leaders, and finds a position again when one has left the log. Who
 * owns the set says which partitions are in it, and where each begins.
 *
 * Invariants
 * - A partition has at most one reader in the set. One that was removed gets nothing any more, not even what was under
 *   way.
 * - What can pass is retried for ever; what cannot becomes the failure, which the loop throws.
 */
export class PartitionSet {
  readonly fetcher: Fetcher;
  readonly #o: PartitionSetOptions;
  readonly #readers = new Map<number, PartitionReader>();
  readonly #closing = new AbortController();
  #metadata: TopicMetadata | null = null;
  #failure: QError | null = null;
  #refreshing = false;
  #unwatch: () => void = () => {};

  constructor(o: PartitionSetOptions) {
    this.#o = o;
    this.fetcher = new Fetcher({
      cluster: o.cluster,
      options: o.fetch,
      events: {
        onBatches: o.onBatches,
        onEmpty: o.onEmpty,
        onOutOfRange: (reader) => void this.reposition(reader),
        onFatal: (error) => this.fail(error),
        onStaleMetadata: () => void this.refresh(),
      },
    });
  }

  /** Aborts when the set is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  all(): PartitionReader[] {
    return [...this.#readers.values()];
  }

  get(partition: number): PartitionReader | undefined {
    return this.#readers.get(partition);
  }

  add(partition: number, o: { position: number; endOffset: number | null }): PartitionReader {
    const reader = new PartitionReader({
      topic: this.#o.topic,
      partition,
      position: o.position,
      frames: this.#o.cluster.frames,
    });
    reader.endOffset = o.endOffset;
    this.#readers.set(partition, reader);
    this.#lead(reader);
    this.fetcher.add(reader);
    return reader;
  }

  remove(reader: PartitionReader): void {
    if (this.#readers.get(reader.partition) !== reader) return;
    this.#readers.delete(reader.partition);
    this.fetcher.remove(reader);
  }

  /** Takes the topic's leaders over, now and whenever they change, until `unfollow`. */
  follow(metadata: TopicMetadata): void {
    this.unfollow();
    this.#unwatch = this.#o.cluster.metadata.watch(this.#o.topic, (newer) => this.learn(newer));
    this.learn(metadata);
  }

  /** Nothing that is shared with others knows of the set any more. */
  unfollow(): void {
    this.#unwatch();
    this.#unwatch = () => {};
  }

  /** Throws what the loop has to fail with, once. */
  throwFailure(): void {
    // Asked for each message.
    if (this.#failure === null) return;
    const failure = this.#failure;
    this.#failure = null;
    throw failure;
  }

  get hasFailed(): boolean {
    return this.#failure !== null;
  }

  fail(error: QError): void {
    this.#failure ??= error;
    this.#o.onFailure(error);
  }

  close(): void {
    this.#closing.abort();
    this.unfollow();
  }

  /** Looks the start and end of the partition up, and goes where `onOffsetOutOfRange` says. */
  async reposition(reader: PartitionReader): Promise<void> {
    const { onOffsetOutOfRange } = this.#o;
    if (reader.isHeld) return;
    reader.isHeld = true;
    try {
      const look = (): Promise<Map<number, number>[]> =>
        Promise.all([this.lookUp([reader.partition], 'start'), this.lookUp([reader.partition], 'end')]);
      const [start, end] = (await this.persist(look, () => this.#isRead(reader))) as [
        Map<number, number>,
        Map<number, number>,
      ];
      const range = { logStartOffset: start.get(reader.partition) ?? 0, highWatermark: end.get(reader.partition) ?? 0 };
      // It may have been removed meanwhile: then nobody cares any more.
      if (!this.#isRead(reader)) return;
      if (onOffsetOutOfRange === 'fail') this.fail(outOfRange(reader, range));
      else reader.seek(onOffsetOutOfRange === 'earliest' ? range.logStartOffset : range.highWatermark);
      // Perhaps past the end that was wanted: then no fetch will come to tell the loop.
      if (reader.isDone) this.#o.onBatches(reader);
    } catch (error) {
      if (!this.#closing.signal.aborted && this.#isRead(reader)) this.fail(toQError(error, 'looking up offsets'));
    } finally {
      reader.isHeld = false;
      this.fetcher.pump();
    }
  }

  #isRead(reader: PartitionReader): boolean {
    return this.#readers.get(reader.partition) === reader;
  }

  async lookUp(partitions: readonly number[], at: 'start' | 'end'): Promise<Map<number, number>> {
    const answers = await lookUpOffsets(this.#o.cluster, this.#o.topic, {
      questions: partitions.map((partition) => ({ partition, at })),
      signal: this.#closing.signal,
    });
    return new Map(answers.map(({ partition, offset }) => [partition, offset ?? 0]));
  }

  /** Until it works, fails in a way that no retry can mend, or nobody wants it any more: then it throws `ABORTED`. */
  async persist<T>(attempt: () => Promise<T>, isWanted: () => boolean = () => true): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt();
      } catch (thrown) {
        const error = toQError(thrown, `consuming topic "${this.#o.topic}"`);
        if (!error.retriable) throw error;
        await this.#o.cluster.pause(tries, this.#closing.signal);
        if (!isWanted())
          throw new QError('ABORTED', `Nobody waits for topic "${this.#o.topic}" any more`, { cause: error });
      }
    }
  }

  async refresh(): Promise<void> {
    if (this.#refreshing || this.#closing.signal.aborted) return;
    this.#refreshing = true;
    try {
      // Those who watch the topic, which we do, hear of the answer by themselves.
      await this.#o.cluster.metadata.refresh(this.#o.topic);
    } catch (thrown) {
      const error = toQError(thrown, 'refreshing metadata');
      if (!error.retriable && !this.#closing.signal.aborted) this.fail(error);
    } finally {
      this.#refreshing = false;
      this.fetcher.pump();
    }
  }

  /** Takes the topic's leaders over. */
  learn(metadata: TopicMetadata): void {
    const before = this.#metadata;
    this.#metadata = metadata;
    if (before !== null && before.topicId !== metadata.topicId) this.#o.onMadeAnew(metadata);
    this.fetcher.setTopicId(metadata.topicId);
    this.#o.onMetadata?.(metadata);
    for (const reader of this.#readers.values()) this.#lead(reader);
    this.fetcher.pump();
  }

  #lead(reader: PartitionReader): void {
    const known = this.#metadata?.partitions[reader.partition];
    if (known === undefined) return;
    reader.leaderId = known.leaderId;
    reader.leaderEpoch = known.leaderEpoch;
  }
}

function outOfRange(reader: PartitionReader, range: { logStartOffset: number; highWatermark: number }): QError {
  const { topic, partition, position } = reader;
  const { logStartOffset, highWatermark } = range;
  const holds =
    logStartOffset === highWatermark
      ? `is empty at ${highWatermark}`
      : `goes from ${logStartOffset} to ${highWatermark}`;
  return new QError(
    'OFFSET_OUT_OF_RANGE',
    `Topic "${topic}", partition ${partition}: offset ${position} is not in the log, which ${holds}`,
    {
      details: { topic, partition, offset: position, ...range },
    },
  );
}
