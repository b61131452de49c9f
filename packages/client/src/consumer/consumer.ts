import { QError } from '@q/protocol';

import { onAbort } from '../abort.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { lookUpOffsets } from '../cluster/offset-lookup.ts';
import { clientLimits } from '../limits.ts';
import type { ResolvedConsumerOptions } from './consumer-options.ts';
import { checkList, checkedSeek, partitionNumber } from '../option-check.ts';
import type { Producer } from '../producer/producer.ts';
import type { BytesOut, Topic } from '../topic/topic.ts';
import { CatchUp } from './catch-up.ts';
import { ChosenPartitions } from './chosen-partitions.ts';
import { lends } from './consumed-batch.ts';
import type { BatchesOptions, ConsumedBatch } from './consumed-batch.ts';
import { Decoder } from './decoder.ts';
import type { Message } from './message.ts';
import type { PartitionReader } from './partition-reader.ts';
import { PullIterator } from './pull-iterator.ts';
import { handled, receiving } from './receiving.ts';
import { RecordStream } from './record-stream.ts';

/**
 * Reads partitions of a topic, from a position on, for as long as the loop runs. Iterate it for messages, or
 * `batches()` for whole batches; one loop at a time. Connection faults and moving leaders are ridden out: the loop goes
 * on at the exact position. Leaving the loop (`break`, `return`, an error) stops fetching and frees the buffers; a
 * later loop goes on where this one stopped. `close()` and an aborted signal end a running loop as if there were no
 * more records.
 *
 * The loop throws a QError when it cannot go on: `UNKNOWN_TOPIC`, `UNKNOWN_PARTITION`, `OFFSET_OUT_OF_RANGE` (with the
 * valid range in its details), `CORRUPT_BATCH` / `CORRUPT_LOG` (topic, partition and offset in its details),
 * `SCHEMA_MISMATCH`. The position then is at the record in question: `seek` past it to go on.
 */
export interface Consumer<K = BytesOut, V = BytesOut> extends AsyncIterable<Message<K, V>, undefined>, AsyncDisposable {
  /** Message by message. Its buffers are views of the fetched batch, which lives as long as they do. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message<K, V>, undefined>;
  /** Whole batches. A batch counts as read when it is handed out. @throws QError `INVALID_CONFIG` */
  batches(options?: BatchesOptions): AsyncIterableIterator<ConsumedBatch<K, V>, undefined>;
  /**
   * Calls the handler with the message or batch, within a span `process` of it where the client traces
   * (`connect.tracing`). The span lasts until the handler's promise settles. Returns what the handler returns.
   */
  traced<T extends Message<K, V> | ConsumedBatch<K, V>, R>(given: T, handler: (given: T) => R): R;
  /** Resolves when the start positions are known: what is sent from then on is not missed by `from: 'latest'`. */
  ready(): Promise<void>;
  /** The partitions that are read; empty before `ready`. */
  readonly partitions: readonly number[];
  /** Offset of the next record of the partition. Throws QError `UNKNOWN_PARTITION` if it is not read (yet). */
  position(partition: number): number;
  /** Goes on at another offset. What was fetched ahead of that partition is dropped. */
  seek(to: { readonly partition: number; readonly offset: number }): Promise<void>;
  /** Fetches no more of these partitions (default: all); what was fetched already is still handed out. */
  pause(partitions?: readonly number[]): void;
  /** Undoes `pause`. Default: all partitions. */
  resume(partitions?: readonly number[]): void;
  /** The end (high watermark) of each partition, asked for now. */
  endOffsets(): Promise<Map<number, number>>;
  /**
   * Resolves when the loop has been given everything that was in the partitions at the moment of the call, and has
   * asked for more: from then on it follows what comes. Needs a running loop, and does not begin one.
   *
   * @throws QError `CLOSED` when the consumer is closed before that
   */
  caughtUp(): Promise<void>;
  /**
   * Records that were left out because they do not match their schema (`onInvalid` `'skip'` or a dead letter topic).
   */
  readonly skipped: number;
  /** Ends the running loop and frees everything. */
  close(): Promise<void>;
}

export class PlainConsumer<K, V> implements Consumer<K, V> {
  readonly #cluster: Cluster;
  readonly #topic: Topic<unknown, unknown, K, V>;
  readonly #partitions: ChosenPartitions;
  readonly #stream: RecordStream;
  readonly #decoder: Decoder<K, V>;
  readonly #catchUp: CatchUp = new CatchUp((partition) => this.#partitions.set.get(partition));
  readonly #signal: AbortSignal | undefined;
  readonly #onBusy: (consumer: PlainConsumer<K, V>) => void;
  readonly #onIdle: (consumer: PlainConsumer<K, V>) => void;
  #active: PullIterator<unknown> | null = null;
  /**
   * Whether a loop has begun to read. Until then, and after it, nothing that lives longer than the consumer knows of
   * it.
   */
  #isBusy = false;
  #forgetSignal: () => void = () => {};
  #closed = false;
  #wake: (() => void) | null = null;

  constructor(o: {
    cluster: Cluster;
    topic: Topic<unknown, unknown, K, V>;
    options: ResolvedConsumerOptions;
    deadLetters: () => Producer;
    /** From now on it is to be closed with the client. */
    onBusy: (consumer: PlainConsumer<K, V>) => void;
    onIdle: (consumer: PlainConsumer<K, V>) => void;
  }) {
    this.#cluster = o.cluster;
    this.#topic = o.topic;
    this.#signal = o.options.signal;
    this.#onBusy = o.onBusy;
    this.#onIdle = o.onIdle;
    this.#stream = new RecordStream(() => {
      this.#partitions.set.fetcher.pump();
      this.#catchUp.look();
    });
    this.#partitions = new ChosenPartitions({
      cluster: o.cluster,
      topic: o.topic.name,
      options: o.options,
      onBatches: (reader) => {
        this.#stream.list(reader);
        this.#wake?.();
      },
      onEmpty: () => this.#lookWhereIdle(),
      onFailure: () => this.#wake?.(),
    });
    this.#decoder = new Decoder({ topic: o.topic, stream: this.#stream, deadLetters: o.deadLetters });
  }

  get partitions(): readonly number[] {
    return this.#partitions.set.all().map(({ partition }) => partition);
  }

  get skipped(): number {
    return this.#decoder.skipped;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message<K, V>, undefined> {
    const messages = this.#iterate(
      clientLimits.messagesPerLook,
      () => this.#decoder.takeMessage(),
      ({ partition, offset }) => this.#backTo(partition, offset),
    );
    return receiving(messages, this.#cluster.tracing, null);
  }

  batches(options: BatchesOptions = {}): AsyncIterableIterator<ConsumedBatch<K, V>, undefined> {
    const memory = lends(options);
    const batches = this.#iterate(
      1,
      () => this.#decoder.takeBatch(memory),
      ({ partition, records }) => {
        const [first] = records;
        if (first !== undefined) this.#backTo(partition, first.offset);
      },
    );
    return receiving(batches, this.#cluster.tracing, null);
  }

  traced<T extends Message<K, V> | ConsumedBatch<K, V>, R>(given: T, handler: (given: T) => R): R {
    return handled(given, { tracing: this.#cluster.tracing, group: null, handler });
  }

  async ready(): Promise<void> {
    this.#checkOpen();
    await this.#partitions.ready();
    this.#checkOpen();
  }

  position(partition: number): number {
    return this.#partitions.get(partition).position;
  }

  async seek(to: { readonly partition: number; readonly offset: number }): Promise<void> {
    const { partition, offset } = checkedSeek(to);
    await this.ready();
    const reader = this.#partitions.get(partition);
    this.#decoder.seek(reader, offset);
    this.#partitions.set.fetcher.pump();
  }

  pause(partitions: readonly number[] = this.partitions): void {
    for (const reader of this.#readers(partitions)) reader.isPaused = true;
  }

  resume(partitions: readonly number[] = this.partitions): void {
    for (const reader of this.#readers(partitions)) reader.isPaused = false;
    this.#partitions.set.fetcher.pump();
  }

  /** All of them are looked up before any is changed. */
  #readers(partitions: readonly number[]): PartitionReader[] {
    checkList('partitions', partitions, partitionNumber);
    return partitions.map((partition) => this.#partitions.get(partition));
  }

  async endOffsets(): Promise<Map<number, number>> {
    await this.ready();
    const questions = this.partitions.map((partition) => ({ partition, at: 'end' as const }));
    const answers = await lookUpOffsets(this.#cluster, this.#topic.name, { questions });
    return new Map(answers.map(({ partition, offset }) => [partition, offset ?? 0]));
  }

  async caughtUp(): Promise<void> {
    return this.#catchUp.until(await this.endOffsets());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#catchUp.close();
    this.#suspend();
    this.#partitions.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #backTo(partition: number, offset: number): void {
    const reader = this.#partitions.set.get(partition);
    // One that is gone with its topic has no position to go back to.
    if (reader !== undefined) this.#decoder.seek(reader, offset);
  }

  #iterate<T>(
    itemsPerLook: number,
    take: () => T | null | Promise<T | null>,
    takeBack: (item: T) => void,
  ): PullIterator<T> {
    if (this.#active !== null)
      throw new QError('INVALID_REQUEST', 'The consumer is being iterated already; one loop at a time');
    const iterator: PullIterator<T> = new PullIterator<T>({
      clock: this.#cluster.clock,
      itemsPerLook,
      take: () => {
        this.#partitions.set.throwFailure();
        return this.#isOver(iterator) ? null : take();
      },
      wait: () => this.#wait(iterator),
      takeBack,
      stop: () => {
        if (this.#active === iterator) this.#suspend();
      },
    });
    this.#active = iterator;
    return iterator;
  }

  /** Nothing is buffered: starts if need be, and waits for batches, or for the end. */
  async #wait(iterator: object): Promise<boolean> {
    if (this.#isOver(iterator)) return false;
    this.#becomeBusy();
    // Its signal may have been aborted, or the client closed, while it was idle.
    if (this.#closed) return false;
    await this.#partitions.start();
    if (this.#isOver(iterator)) return false;
    this.#partitions.set.throwFailure();
    if (this.#partitions.set.all().some(({ hasBatches }) => hasBatches)) return true;
    if (this.#partitions.allDone) return false;
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>();
    this.#wake = wake;
    this.#partitions.set.fetcher.start();
    this.#catchUp.look();
    await woken;
    // Another loop may be waiting by now.
    if (this.#wake === wake) this.#wake = null;
    return !this.#isOver(iterator);
  }

  /** A loop that has a record in hand comes back when it is done with it. */
  #lookWhereIdle(): void {
    if (this.#wake !== null) this.#catchUp.look();
  }

  /** The consumer is closed, or this loop was left: another one may be running by now. */
  #isOver(iterator: object): boolean {
    return this.#closed || this.#active !== iterator;
  }

  #becomeBusy(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#partitions.follow();
    this.#onBusy(this);
    if (!this.#closed) this.#forgetSignal = onAbort(this.#signal, () => void this.close());
  }

  /** The loop has ended. Whoever holds the consumer can begin another one; if nobody does, nothing is left of it. */
  #suspend(): void {
    const loop = this.#active;
    this.#active = null;
    this.#wake = null;
    this.#partitions.set.fetcher.stop();
    this.#partitions.unfollow();
    this.#decoder.release();
    this.#stream.clear();
    for (const reader of this.#partitions.set.all()) reader.drop();
    this.#forgetSignal();
    if (this.#isBusy) this.#onIdle(this);
    this.#isBusy = false;
    loop?.finish();
  }

  /** While it is idle nobody tells it that its signal was aborted, or that the client was closed. */
  #checkOpen(): void {
    if (this.#closed || this.#signal?.aborted === true || this.#cluster.closing.aborted)
      throw new QError('CLOSED', 'The consumer is closed');
  }
}
