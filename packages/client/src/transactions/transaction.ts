import type { SendResult } from '../producer/delivery.ts';
import type { CloseResult } from '../producer/producer.ts';
import type { ProducerRecord } from '../producer/record.ts';
import type { BytesIn, Topic } from '../topic/topic.ts';

/** A consumer whose offsets a transaction can commit: one that was made with a group. */
export interface OffsetConsumer {
  /** Id of its member in the group. */
  readonly memberId: string;
}

/** An open transaction. It is there for the function that it is given to, and takes nothing after that. */
export interface Transaction {
  /**
   * As `send` of a producer. Whoever reads committed records sees the record when the transaction commits. A record
   * that cannot be sent keeps the whole transaction from being committed, whether its promise is awaited or not.
   *
   * @throws QError as `Producer.send`; also `PRODUCER_FENCED`, `TRANSACTION_ABORTED`, `TRANSACTION_LIMIT`.
   */
  send<KI = BytesIn, VI = BytesIn, KO = unknown, VO = unknown>(
    topic: Topic<KI, VI, KO, VO> | string,
    record: ProducerRecord<NoInfer<KI>, NoInfer<VI>>,
  ): Promise<SendResult>;
  /** As `sendBatch` of a producer. */
  sendBatch<KI = BytesIn, VI = BytesIn, KO = unknown, VO = unknown>(
    topic: Topic<KI, VI, KO, VO> | string,
    records: readonly ProducerRecord<NoInfer<KI>, NoInfer<VI>>[],
  ): Promise<SendResult[]>;
  /** As `enqueue` of a producer: the fastest way in. @throws QError as there. */
  enqueue<KI = BytesIn, VI = BytesIn, KO = unknown, VO = unknown>(
    topic: Topic<KI, VI, KO, VO> | string,
    record: ProducerRecord<NoInfer<KI>, NoInfer<VI>>,
  ): boolean;
  /** Resolves when `enqueue` may go on. */
  ready(): Promise<void>;
  /**
   * What the consumer's messages up to now have acknowledged without a gap is committed with the transaction. If it is
   * aborted, the consumer goes back to what was committed, and gives the rest again.
   *
   * @throws QError `INVALID_REQUEST` unless the consumer has a group and `autoCommit: false`.
   */
  commitOffsets(consumer: OffsetConsumer): void;
  /** Aborts with the transaction: its time is over, its signal was aborted, or its producer is being closed. */
  readonly signal: AbortSignal;
}

/** Options of one transaction. */
export interface TransactionOptions {
  /** Aborting it aborts the transaction, unless it is being committed already. */
  readonly signal?: AbortSignal;
}

/**
 * A producer of transactions: whatever one of them sends, to any topics, and the offsets that it commits become visible
 * together or not at all.
 *
 * One instance of a program at a time uses a transactional id. One that begins to use it fences the one before, whose
 * open transaction is aborted.
 */
export interface TransactionalProducer extends AsyncDisposable {
  /** As it was asked for. */
  readonly transactionalId: string;
  /**
   * Calls the function with an open transaction, and commits when its promise resolves. Resolves when everybody sees
   * that, with what the function returned. Aborts when the function throws, when a record could not be sent, and when
   * the signal aborts; then it throws the reason, and the next transaction may begin. One at a time.
   *
   * @throws QError `PRODUCER_FENCED`: another instance has taken over, and this producer is at its end;
   * `TRANSACTION_ABORTED`: it took too long, do its work anew. With `details.maybeCommitted` no broker has answered for
   * so long that nobody knows how it ended.
   */
  transaction<R>(work: (tx: Transaction) => R | Promise<R>, options?: TransactionOptions): Promise<R>;
  /**
   * Begins no transaction any more, aborts the one that is open, and waits for that for at most `timeoutMs` (default
   * 5,000). `abandoned` are its records.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<CloseResult>;
}
