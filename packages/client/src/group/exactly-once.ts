import { QError } from '@q/protocol';

import type { Clock, Timer } from '../clock.ts';
import { clientLimits } from '../limits.ts';
import { integer, checkOptions, waitMsMax } from '../option-check.ts';
import { toQError } from '../retry.ts';
import type { ClusterTransactions } from '../transactions/cluster-transactions.ts';
import type { Transaction } from '../transactions/transaction.ts';
import type { HandedMessage } from './group-message.ts';
import type { OffsetShare } from '../transactions/offset-share.ts';

/** Options of `process`: how much goes into one transaction. */
export interface ProcessOptions {
  /** Records at most; default 500. */
  readonly maxRecords?: number;
  /** How long a transaction waits for more records after its first one, milliseconds; default 100. */
  readonly maxMs?: number;
}

export interface ExactlyOnceOptions<K, V> {
  readonly clock: Clock;
  readonly messages: AsyncIterator<HandedMessage<K, V>, undefined>;
  readonly producer: ClusterTransactions;
  readonly maxRecords: number;
  readonly maxMs: number;
  readonly handler: (records: readonly HandedMessage<K, V>[], tx: Transaction) => unknown;
  /** The offsets behind these messages, and behind markers where nothing is left to read. */
  readonly share: (messages: readonly HandedMessage<K, V>[]) => OffsetShare;
  /** Waits before what was aborted is tried again. Throws when the consumer is closing. */
  readonly pause: (attempt: number) => Promise<void>;
  /** A transaction was aborted, and its records are read again. */
  readonly onAborted: (error: QError) => void;
}

type Next<K, V> = Promise<IteratorResult<HandedMessage<K, V>, undefined>>;

/** What a batch can be read again after: none of it is visible. */
const passing: ReadonlySet<string> = new Set([
  'TRANSACTION_ABORTED',
  'UNKNOWN_TRANSACTIONAL_ID',
  'INVALID_TRANSACTION_STATE',
  'UNKNOWN_MEMBER',
  'FENCED_MEMBER_EPOCH',
  'STALE_MEMBER_EPOCH',
  'PARTITION_NOT_OWNED',
  'OUT_OF_ORDER_SEQUENCE',
  'UNKNOWN_PRODUCER_ID',
  'STALE_PRODUCER_EPOCH',
]);

export function resolveProcessOptions(
  options: ProcessOptions,
  { maxUnacked }: { readonly maxUnacked: number },
): Required<ProcessOptions> {
  checkOptions('process', options, {
    maxRecords: integer({ min: 1, max: maxUnacked }),
    maxMs: integer({ min: 0, max: waitMsMax }),
  });
  const maxRecords = options.maxRecords ?? Math.min(clientLimits.processRecords, maxUnacked);
  return { maxRecords, maxMs: options.maxMs ?? clientLimits.processMs };
}

/**
 * Consume, process, produce: each batch of messages with a transaction of its own, that commits their offsets too.
 * Returns when the messages end.
 *
 * Invariants
 * - Nothing is acknowledged before its transaction is committed. What was aborted is given again, and what was handed
 *   out meanwhile with it.
 */
export class ExactlyOnce<K, V> {
  readonly #o: ExactlyOnceOptions<K, V>;
  #next: Next<K, V> | null = null;
  #hasEnded = false;

  constructor(options: ExactlyOnceOptions<K, V>) {
    this.#o = options;
  }

  async run(): Promise<void> {
    for (let failures = 0; !this.#hasEnded;) {
      const messages = await this.#collect();
      const share = this.#o.share(messages);
      if (messages.length === 0 && share.isEmpty) continue;
      try {
        await this.#process(messages, share);
        failures = 0;
      } catch (thrown) {
        failures += 1;
        await this.#giveBack(thrown, { messages, failures });
      }
    }
  }

  async #process(messages: readonly HandedMessage<K, V>[], share: OffsetShare): Promise<void> {
    const { producer, handler } = this.#o;
    await producer.run(async (tx) => {
      tx.take(share);
      if (messages.length > 0) await handler(messages, tx);
    }, {});
    for (const message of messages) if (message.isPending) message.ack();
  }

  async #giveBack(
    thrown: unknown,
    { messages, failures }: { messages: readonly HandedMessage<K, V>[]; failures: number },
  ): Promise<void> {
    // Where the partition goes to another member, nobody is to wait for them.
    for (const message of messages) message.giveUp();
    const isPassing =
      QError.is(thrown) && thrown.details['maybeCommitted'] !== true && (thrown.retriable || passing.has(thrown.code));
    if (!isPassing) throw thrown;
    this.#o.onAborted(toQError(thrown, 'a transaction'));
    await this.#o.pause(failures);
  }

  /**
   * Waits for a first message, then for as many as come in time. None: it is worth a look whether markers were passed.
   */
  async #collect(): Promise<HandedMessage<K, V>[]> {
    const { clock, maxRecords, maxMs } = this.#o;
    const messages: HandedMessage<K, V>[] = [];
    let time = new TimeToCollect(clock, clientLimits.processIdleMs);
    try {
      while (messages.length < maxRecords) {
        const result = await this.#take(time);
        if (result === null) break;
        if (result.done === true) {
          this.#hasEnded = true;
          break;
        }
        // One that was handed out before its partition went back comes again.
        if (!result.value.isPending) continue;
        messages.push(result.value);
        if (messages.length > 1) continue;
        time.end();
        time = new TimeToCollect(clock, maxMs);
      }
    } finally {
      time.end();
    }
    return messages;
  }

  /** Null: the time is over. The message that comes then is the next one. */
  #take(time: TimeToCollect): Promise<IteratorResult<HandedMessage<K, V>, undefined> | null> {
    const next = (this.#next ??= this.#o.messages.next());
    return new Promise((resolve, reject) => {
      time.onOver(() => resolve(null));
      next.then((result) => {
        if (time.isOver) return;
        this.#next = null;
        resolve(result);
      }, reject);
    });
  }
}

/** One timer for all messages of a transaction: there may be thousands. */
class TimeToCollect {
  isOver = false;
  readonly #timer: Timer;
  #listener: () => void = () => {};

  constructor(clock: Clock, ms: number) {
    this.#timer = clock.schedule(ms, () => {
      this.isOver = true;
      this.#listener();
    });
  }

  /** Instead of who listened before. At once when it is over. */
  onOver(listener: () => void): void {
    this.#listener = listener;
    if (this.isOver) listener();
  }

  end(): void {
    this.#timer.cancel();
  }
}
