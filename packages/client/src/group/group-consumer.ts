import type { QError } from '@q/protocol';

import type { BatchesOptions } from '../consumer/consumed-batch.ts';
import type { CloseResult } from '../producer/producer.ts';
import type { BytesOut } from '../topic/topic.ts';
import type { Transaction, TransactionalProducer } from '../transactions/transaction.ts';
import type { CommittedOffset } from './committed-offsets.ts';
import type { GroupEvents } from './group-events.ts';
import type { ProcessOptions } from './exactly-once.ts';
import type { GroupBatch, GroupMessage } from './group-message.ts';

/** What to commit of a partition. */
export interface OffsetToCommit {
  readonly partition: number;
  /** Of the next record to handle: one past the last that was handled. */
  readonly offset: number;
  /** Any text of at most 4,096 characters, given back by `committed()`. */
  readonly metadata?: string | null;
}

/** Options of `run`. */
export interface RunOptions<K = BytesOut, V = BytesOut> {
  /**
   * Looks after a message whose handler threw, or rejected with, `thrown`: logs it, tries again, sends it to another
   * topic. Once it returns (or its promise resolves) the message counts as handled and is acknowledged. What it throws
   * itself ends the consumer, as an error of the handler does without it. With `concurrency` the next message of the
   * key waits for it. It is not called for a message whose partition was taken away meanwhile: the new owner gets that.
   *
   * There is no retry policy and no dead letter topic for handlers yet: they come with queues.
   */
  readonly onError?: (thrown: unknown, message: GroupMessage<K, V>) => unknown;
}

/**
 * A member of a consumer group: the group's members share the partitions of a topic, and what is acknowledged is
 * committed, so that the next owner of a partition goes on where the last one stopped. Joins when it is first iterated,
 * or with `ready()`.
 *
 * A message counts as handled when `ack()` is called (or, with `autoAck`, when the next one is asked for), in any
 * order. Of each partition the part without a gap is committed. At least once: what was handed out and not committed
 * when a partition changes hands, is delivered again.
 *
 * The consumer closes when the loop is left in any way, unlike one without a group: it waits for the acknowledgements
 * of what it handed out (at most `drainTimeoutMs`; not for the message in hand of a loop that is left with `break` or
 * an error), commits, and leaves the group. A later loop throws `CLOSED`. The loop ends with the error if the consumer
 * cannot go on: as a consumer without a group, and with `NO_COMMITTED_OFFSET` or whatever the group refuses the member
 * with.
 */
export interface GroupConsumer<K = BytesOut, V = BytesOut>
  extends AsyncIterable<GroupMessage<K, V>, undefined>, AsyncDisposable {
  /**
   * Joins the group, and gives message by message. Its buffers are views of the fetched batch, which lives as long as
   * they do.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<GroupMessage<K, V>, undefined>;
  /** Whole batches, acknowledged as a whole. Not with `concurrency`. */
  batches(options?: BatchesOptions): AsyncIterableIterator<GroupBatch<K, V>, undefined>;
  /**
   * Calls the handler with each message, as many at a time as `concurrency` allows, and acknowledges those that it is
   * done with. Returns when the consumer is closed; a handler that is not done then is left to itself. Without
   * `onError` a handler that throws closes it, and `run` throws its error afterwards; unless the message's partition
   * was taken away meanwhile: then the error only goes to the `error` listeners.
   */
  run(handler: (message: GroupMessage<K, V>) => unknown, options?: RunOptions<K, V>): Promise<CloseResult>;
  /**
   * As `run` does with each message: calls the handler within a span `process` where the client traces
   * (`connect.tracing`). For loops, and for batches. Returns what the handler returns, and acknowledges nothing.
   */
  traced<T extends GroupMessage<K, V> | GroupBatch<K, V>, R>(given: T, handler: (given: T) => R): R;
  /**
   * Consume, process, produce, exactly once: calls the handler with up to `maxRecords` messages and an open transaction
   * of the producer, in which their offsets are committed with all that is sent through it. Acknowledges them when it
   * is committed. One that is aborted because partitions went to another member, or because it took too long, is only
   * told to the `error` listeners, and its messages come again to whoever owns them.
   *
   * Needs `autoCommit: false`, and neither `autoAck` nor `concurrency`. Returns when the consumer is closed. A handler
   * that throws closes it, and `process` throws its error afterwards; so does `PRODUCER_FENCED`.
   *
   * @throws QError `INVALID_CONFIG`, `INVALID_REQUEST`.
   */
  process(
    producer: TransactionalProducer,
    options: ProcessOptions,
    handler: (records: readonly GroupMessage<K, V>[], tx: Transaction) => unknown,
  ): Promise<CloseResult>;
  /** Joins. Resolves when the group has assigned partitions for the first time and their positions are known. */
  ready(): Promise<void>;
  /**
   * Resolves when the loop has been given everything that was, at the moment of the call, in the partitions that this
   * member owned then, and has asked for more. Joins, and needs a running loop. Partitions that go to another member
   * meanwhile are not waited for.
   *
   * @throws QError `CLOSED` when the consumer is closed before that, and whatever `ready()` throws
   */
  caughtUp(): Promise<void>;
  /** Id of this member in the group. */
  readonly memberId: string;
  /** The partitions whose messages are handed out at this moment, ascending. */
  readonly partitions: readonly number[];
  /**
   * Commits what is acknowledged, or these offsets; resolves when they are durable. An offset that is committed by hand
   * acknowledges everything below it, and does not move the position. Rejects if any of these offsets is refused,
   * whatever else is committed at the same time.
   *
   * @throws QError `PARTITION_NOT_OWNED`, `OFFSET_OUT_OF_RANGE`, …
   */
  commit(offsets?: readonly OffsetToCommit[]): Promise<void>;
  /** What the group has committed of the topic, asked for now. */
  committed(): Promise<CommittedOffset[]>;
  /** Offset of the next record that is read of the partition. @throws QError `PARTITION_NOT_OWNED`. */
  position(partition: number): number;
  /**
   * Goes on at another offset. What was handed out of the partition is forgotten: its acknowledgement means nothing any
   * more.
   */
  seek(to: { readonly partition: number; readonly offset: number }): Promise<void>;
  /** Fetches no more of these partitions while they are owned (default: of any, also those assigned later). */
  pause(partitions?: readonly number[]): void;
  /** Undoes `pause`. Default: all partitions. */
  resume(partitions?: readonly number[]): void;
  /** Calls the listener until the returned function is called. */
  on<E extends keyof GroupEvents>(event: E, listener: (event: GroupEvents[E]) => void): () => void;
  /** The last trouble that `error` listeners were told of, also if there were none. */
  readonly lastError: QError | null;
  /**
   * Records that were left out because they do not match their schema (`onInvalid` `'skip'` or a dead letter topic).
   */
  readonly skipped: number;
  /**
   * Hands out nothing more, waits at most `timeoutMs` (default: `drainTimeoutMs`) for the acknowledgements of what it
   * has handed out, commits, and leaves the group; the last two take at most 2 s more, also when no broker can be
   * reached. `drained` messages were acknowledged meanwhile (and committed, with `autoCommit`). `abandoned` ones were
   * not, or were acknowledged at any time and could not be committed: they will be delivered again.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<CloseResult>;
  /** Resolves when the consumer is closed, for whatever reason. Never rejects. */
  readonly closed: Promise<CloseResult>;
}
