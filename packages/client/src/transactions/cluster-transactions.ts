import { BatchMemory, QError } from '@q/protocol';

import { onAbort, throwIfAborted, untilAborted } from '../abort.ts';
import type { Timer } from '../clock.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { closedError } from '../cluster/broker-link.ts';
import { clientLimits } from '../limits.ts';
import { abortSignal, callable, checkArgument, checkOptions, integer, waitMsMax } from '../option-check.ts';
import { ClusterProducer } from '../producer/producer.ts';
import type { CloseResult, Producer } from '../producer/producer.ts';
import type { ResolvedTransactionalOptions } from '../producer/producer-options.ts';
import { TracedProducer } from '../producer/traced-producer.ts';
import { OpenTransaction } from './open-transaction.ts';
import type { SoleIdentity } from './open-transaction.ts';
import { TransactionalIdentity } from './transactional-identity.ts';
import type { Transaction, TransactionalProducer, TransactionOptions } from './transaction.ts';

/**
 * Begins and ends the transactions of one transactional id.
 *
 * Invariants
 * - One transaction at a time. What sends its records is made for it and goes with it, so that nothing of one comes
 *   into another.
 */
export class ClusterTransactions implements TransactionalProducer {
  readonly #cluster: Cluster;
  readonly #options: ResolvedTransactionalOptions;
  readonly #id: TransactionalIdentity;
  readonly #memory: BatchMemory;
  #shrinking: Timer | null = null;
  readonly #onClosed: () => void;
  #forgetSignal: () => void = () => {};
  #stopOpen: AbortController | null = null;
  #open: Promise<number> | null = null;
  #closing: Promise<CloseResult> | null = null;

  constructor(o: { cluster: Cluster; options: ResolvedTransactionalOptions; onClosed: () => void }) {
    const { transactionalId, transactionTimeoutMs, producer } = o.options;
    this.#cluster = o.cluster;
    this.#options = o.options;
    this.#onClosed = o.onClosed;
    const patienceMs = producer.deliveryTimeoutMs;
    this.#id = new TransactionalIdentity({ cluster: o.cluster, transactionalId, transactionTimeoutMs, patienceMs });
    const bytesMax = Math.min(producer.maxBufferedBytes, clientLimits.batchMemoryBytesMax);
    this.#memory = new BatchMemory({ bytesMax });
    // Last: a signal that is aborted already closes it here and now.
    this.#forgetSignal = onAbort(producer.signal, () => void this.close());
  }

  get transactionalId(): string {
    return this.#id.transactionalId;
  }

  async transaction<R>(work: (tx: Transaction) => R | Promise<R>, options: TransactionOptions = {}): Promise<R> {
    checkArgument('work', work, callable);
    checkOptions('transaction', options, { signal: abortSignal });
    return this.run(work, options);
  }

  /** As `transaction`, for what is ours. */
  async run<R>(work: (tx: OpenTransaction) => R | Promise<R>, { signal }: TransactionOptions): Promise<R> {
    if (this.#closing !== null) throw closedError('The producer');
    throwIfAborted(signal);
    if (this.#stopOpen !== null)
      throw new QError('INVALID_REQUEST', `"${this.transactionalId}" has a transaction already; one at a time`);
    this.#shrinking?.cancel();
    this.#shrinking = null;
    const stop = new AbortController();
    this.#stopOpen = stop;
    const ended = Promise.withResolvers<number>();
    this.#open = ended.promise;
    const forget = onAbort(signal, () => stop.abort(signal?.reason));
    let timer: Timer | null = null;
    let abandoned = 0;
    try {
      const tx = await this.#begin(stop.signal);
      timer = this.#watchTime(stop);
      try {
        const result = await untilAborted(called(work, tx), stop.signal);
        await tx.commit(stop.signal);
        return result;
      } catch (thrown) {
        abandoned = await tx.abort(thrown);
        throw thrown;
      }
    } finally {
      forget();
      timer?.cancel();
      this.#stopOpen = null;
      this.#open = null;
      this.#shrinkSoon();
      ended.resolve(abandoned);
    }
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<CloseResult> {
    checkOptions('close', options, { timeoutMs: integer({ min: 0, max: waitMsMax }) });
    this.#closing ??= this.#close(options.timeoutMs ?? clientLimits.producerCloseTimeoutMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #begin(signal: AbortSignal): Promise<OpenTransaction> {
    const identity = await untilAborted(this.#id.next(), signal);
    return new OpenTransaction({ id: this.#id, identity, makeProducer: (identities) => this.#producer(identities) });
  }

  /** The broker does the same, and tells nobody who does not ask. */
  #watchTime(stop: AbortController): Timer {
    const { transactionTimeoutMs } = this.#options;
    const message = `the transaction took longer than its time-out of ${transactionTimeoutMs} ms, and is aborted`;
    return this.#cluster.clock.schedule(transactionTimeoutMs, () =>
      stop.abort(new QError('TRANSACTION_ABORTED', message)),
    );
  }

  #producer(identities: SoleIdentity): { inner: ClusterProducer; outer: Producer } {
    const { signal: _, ...options } = this.#options.producer;
    const inner = new ClusterProducer({
      cluster: this.#cluster,
      options,
      transaction: { identities, memory: this.#memory },
      onClosed: () => {},
    });
    const { tracing } = this.#cluster;
    return { inner, outer: tracing === null ? inner : new TracedProducer(inner, tracing) };
  }

  /** The next transaction needs as much as this one did, if it comes soon. */
  #shrinkSoon(): void {
    const { batchMemoryIdleBytesMax, batchMemoryIdleMs } = clientLimits;
    if (this.#closing !== null || this.#memory.freeBytes <= batchMemoryIdleBytesMax) return;
    this.#shrinking = this.#cluster.clock.schedule(batchMemoryIdleMs, () =>
      this.#memory.shrinkTo(batchMemoryIdleBytesMax),
    );
  }

  async #close(timeoutMs: number): Promise<CloseResult> {
    this.#forgetSignal();
    const open = this.#open;
    this.#shrinking?.cancel();
    this.#stopOpen?.abort(closedError('The producer'));
    const abandoned = open === null ? 0 : await this.#within(open, timeoutMs);
    this.#onClosed();
    return { drained: 0, abandoned };
  }

  #within(open: Promise<number>, timeoutMs: number): Promise<number> {
    return new Promise((resolve) => {
      const timer = this.#cluster.clock.schedule(timeoutMs, () => resolve(0));
      void open.then((abandoned) => {
        timer.cancel();
        resolve(abandoned);
      });
    });
  }
}

/** What is thrown at once is no different from what is thrown later. */
async function called<R>(work: (tx: OpenTransaction) => R | Promise<R>, tx: OpenTransaction): Promise<R> {
  return await work(tx);
}
