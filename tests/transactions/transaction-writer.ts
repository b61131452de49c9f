import { QError } from '@q/client';
import type { Q, Transaction, TransactionalProducer } from '@q/client';
import type { SeededRandom } from '@q/testkit';
import type { KnownEnd } from '../simulation/transactions/transaction-history.ts';
import { writtenTopics } from './kill-topics.ts';
import type { KnownHistory, KnownTransaction } from './known-history.ts';

export interface TransactionWriterOptions {
  readonly q: Q;
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
  /** Another program may use the id at the same time. */
  readonly isRivalled: boolean;
  readonly history: KnownHistory;
  readonly random: SeededRandom;
}

const abortShare = 0.25;
const keys = 20;
const paddingBytesMax = 800;

/** Aborts on purpose. */
class Unwanted extends Error {}

/**
 * Writes one transaction after another, and notes what becomes of each before anything else can happen.
 *
 * Invariants: a record is in the history before it is sent; a transaction is `unknown` before its commit is asked for.
 */
export class TransactionWriter {
  readonly #o: TransactionWriterOptions;
  readonly #unexpected: unknown[] = [];
  readonly #ended: Promise<void>;
  #isStopping = false;

  constructor(options: TransactionWriterOptions) {
    this.#o = options;
    this.#ended = this.#run();
  }

  /** Errors that kills and rivals do not explain. */
  get unexpected(): readonly unknown[] {
    return this.#unexpected;
  }

  /** Begins no other one, and resolves when the last one has its answer. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { q, transactionalId, transactionTimeoutMs } = this.#o;
    while (!this.#isStopping) {
      try {
        await using producer = q.producer({ transactionalId, transactionTimeoutMs });
        while (!this.#isStopping) await this.#transaction(producer);
      } catch (error) {
        this.#judge(error);
        // Its client is closed.
        if (QError.is(error) && error.code === 'CLOSED') return;
      }
    }
  }

  async #transaction(producer: TransactionalProducer): Promise<void> {
    const { history, random, transactionalId } = this.#o;
    const known = history.begin(transactionalId);
    const isUnwanted = random.chance(abortShare);
    try {
      await producer.transaction(async (tx) => {
        await this.#writeAll(tx, known);
        if (isUnwanted) throw new Unwanted();
        known.end = 'unknown';
      });
      known.end = 'committed';
      history.committed += 1;
    } catch (error) {
      known.end = endAfter(error, known.end);
      if (!(error instanceof Unwanted)) throw error;
    }
  }

  async #writeAll(tx: Transaction, known: KnownTransaction): Promise<void> {
    const { random } = this.#o;
    const sends: Promise<void>[] = [];
    for (let write = random.between(1, 6); write > 0; write -= 1) {
      sends.push(this.#write(tx, known));
      if (random.chance(0.5)) await Promise.all(sends);
    }
    await Promise.all(sends);
  }

  async #write(tx: Transaction, known: KnownTransaction): Promise<void> {
    const { random } = this.#o;
    const { name, partitions } = random.pick(writtenTopics);
    const headers = { padding: random.bytes(random.below(paddingBytesMax)) };
    const record = {
      topic: name,
      partition: random.below(partitions),
      key: `k${random.below(keys)}`,
      value: `t${known.number}.${known.records.length}`,
      offset: null as number | null,
    };
    known.records.push(record);
    const { topic, partition, key, value } = record;
    record.offset = (await tx.send(topic, { partition, key, value, headers })).offset;
  }

  #judge(error: unknown): void {
    const isOver = this.#isStopping && QError.is(error);
    if (isOver || (QError.is(error) && error.code === 'TRANSACTION_ABORTED')) return;
    if (this.#o.isRivalled && QError.is(error) && error.code === 'PRODUCER_FENCED') return;
    this.#unexpected.push(error);
  }
}

/** What a program knows of a transaction that threw. */
function endAfter(error: unknown, before: KnownEnd): KnownEnd {
  if (before !== 'unknown') return 'aborted';
  const code = QError.is(error) ? error.code : '';
  return code === 'TRANSACTION_ABORTED' || code === 'INVALID_TRANSACTION_STATE' ? 'aborted' : 'unknown';
}
