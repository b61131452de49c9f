import { QError } from '@q/protocol';

import { abortError, untilAborted } from '../abort.ts';
import { sharesOffsets } from './offset-share.ts';
import type { OffsetShare } from './offset-share.ts';
import type { SendResult } from '../producer/delivery.ts';
import type { ProducerIdentity } from '../producer/producer-identity.ts';
import type { ClusterProducer, Producer } from '../producer/producer.ts';
import type { ProducerRecord } from '../producer/record.ts';
import { toQError } from '../retry.ts';
import type { Topic } from '../topic/topic.ts';
import type { TransactionalIdentity } from './transactional-identity.ts';
import type { OffsetConsumer, Transaction } from './transaction.ts';

export interface OpenTransactionOptions {
  readonly id: TransactionalIdentity;
  readonly identity: ProducerIdentity;
  /** Sends for this transaction alone; one that begins anew is told by `identities`. */
  readonly makeProducer: (identities: SoleIdentity) => { readonly inner: ClusterProducer; readonly outer: Producer };
}

/**
 * The identity of one transaction, for what sends its batches. It changes only when the broker has forgotten the
 * transactional id: then nothing of the transaction is stored, and it may begin anew.
 */
export class SoleIdentity {
  readonly #id: TransactionalIdentity;
  #current: ProducerIdentity;
  #renewing: Promise<ProducerIdentity> | null = null;

  constructor(id: TransactionalIdentity, identity: ProducerIdentity) {
    this.#id = id;
    this.#current = identity;
  }

  get current(): ProducerIdentity {
    return this.#current;
  }

  acquire(): Promise<ProducerIdentity> {
    return Promise.resolve(this.#current);
  }

  renew(old: ProducerIdentity): Promise<ProducerIdentity> {
    if (this.#current !== old) return Promise.resolve(this.#current);
    this.#renewing ??= this.#begin();
    return this.#renewing;
  }

  async #begin(): Promise<ProducerIdentity> {
    try {
      this.#current = await this.#id.begin();
      return this.#current;
    } finally {
      this.#renewing = null;
    }
  }
}

/**
 * One transaction, from its first record to its end.
 *
 * Invariants
 * - It is committed only if all that was sent is acknowledged, and all offsets are staged.
 * - Once a commit was sent nothing else is: how it ended is for the broker to say.
 */
export class OpenTransaction implements Transaction {
  readonly #id: TransactionalIdentity;
  readonly #identities: SoleIdentity;
  readonly #inner: ClusterProducer;
  readonly #outer: Producer;
  readonly #over = new AbortController();
  readonly #shares: OffsetShare[] = [];
  #state: 'open' | 'ending' | 'over' = 'open';
  #isUsed = false;
  #hasSentCommit = false;
  #failure: QError | null = null;
  /** Sends that nobody has answered yet. */
  #sending = 0;
  #onSent: (() => void) | null = null;

  constructor({ id, identity, makeProducer }: OpenTransactionOptions) {
    this.#id = id;
    this.#identities = new SoleIdentity(id, identity);
    const { inner, outer } = makeProducer(this.#identities);
    this.#inner = inner;
    this.#outer = outer;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  send<K, V>(topic: Topic<K, V, unknown, unknown> | string, record: ProducerRecord<K, V>): Promise<SendResult> {
    return this.#sent(() => this.#outer.send(topic, record));
  }

  sendBatch<K, V>(
    topic: Topic<K, V, unknown, unknown> | string,
    records: readonly ProducerRecord<K, V>[],
  ): Promise<SendResult[]> {
    return this.#sent(() => this.#outer.sendBatch(topic, records));
  }

  enqueue<K, V>(topic: Topic<K, V, unknown, unknown> | string, record: ProducerRecord<K, V>): boolean {
    this.#checkOpen();
    this.#isUsed = true;
    return this.#outer.enqueue(topic, record);
  }

  async ready(): Promise<void> {
    this.#checkOpen();
    await this.#outer.ready();
  }

  commitOffsets(consumer: OffsetConsumer): void {
    this.#checkOpen();
    if (!sharesOffsets(consumer))
      throw new QError('INVALID_REQUEST', 'commitOffsets takes a consumer that was made with a group');
    this.take(consumer.shareAcknowledged());
  }

  /** Its offsets are committed with the transaction. */
  take(share: OffsetShare): void {
    this.#shares.push(share);
  }

  /** Resolves when everybody sees it. @throws QError */
  async commit(signal: AbortSignal): Promise<void> {
    this.#state = 'ending';
    await untilAborted(this.#allArrived(), signal);
    if (this.#failure !== null) throw this.#failure;
    const shares = this.#shares.filter(({ isEmpty }) => !isEmpty);
    // A member that joins again gets the epoch that it had, so offsets of its former life may have been taken, long
    // after it has asked anew where to read from. From now on whoever asks waits for this transaction.
    for (const share of shares) share.check();
    if (this.#isUsed || shares.length > 0) await this.#sendCommit();
    this.#state = 'over';
    for (const share of this.#shares) share.committed();
    await this.#inner.close({ timeoutMs: 0 });
  }

  /** Nothing of it will be seen. Returns how many records were given up. Never rejects. */
  async abort(reason: unknown): Promise<number> {
    this.#state = 'over';
    const error = toQError(reason, 'the transaction');
    this.#over.abort(error);
    const abandoned = this.#inner.abandon(new QError('ABORTED', 'The transaction was aborted', { cause: error }));
    const isUnknown = this.#hasSentCommit && error.details['maybeCommitted'] === true;
    for (const share of this.#shares) {
      if (isUnknown) share.unknown(error);
      else share.aborted();
    }
    if (this.#hasSentCommit || !(this.#isUsed || this.#shares.length > 0)) return abandoned;
    // What goes wrong is found out by the next transaction, which begins anew.
    await this.#id.end(this.#identities.current, 'abort').catch((thrown: unknown) => toQError(thrown, 'aborting'));
    return abandoned;
  }

  async #allArrived(): Promise<void> {
    await Promise.all([this.#inner.flush(), this.#untilSent(), ...this.#shares.map((share) => this.#stage(share))]);
  }

  async #stage(share: OffsetShare): Promise<void> {
    if (share.isEmpty) return;
    this.#isUsed = true;
    try {
      await this.#stageOrRenew(share);
    } catch (thrown) {
      const error = toQError(thrown, 'staging offsets');
      share.refused(error);
      throw error;
    }
  }

  async #stageOrRenew(share: OffsetShare): Promise<void> {
    const before = this.#identities.current;
    const { signal } = this;
    try {
      await this.#id.stage(before, { offsets: share.request(), signal });
    } catch (thrown) {
      if (!QError.is(thrown) || thrown.code !== 'UNKNOWN_TRANSACTIONAL_ID') throw thrown;
      await this.#id.stage(await this.#identities.renew(before), { offsets: share.request(), signal });
    }
  }

  async #sendCommit(): Promise<void> {
    this.#hasSentCommit = true;
    try {
      await this.#id.end(this.#identities.current, 'commit');
    } catch (thrown) {
      const error = toQError(thrown, 'committing');
      // Whatever is not the broker's own refusal.
      if (error.retriable || error.code === 'CLOSED' || error.code === 'UNKNOWN')
        throw new QError(error.code, `Nobody knows whether the transaction was committed: ${error.message}`, {
          cause: error,
          details: { ...error.details, maybeCommitted: true },
        });
      throw error;
    }
  }

  #sent<T>(send: () => Promise<T>): Promise<T> {
    if (this.#state !== 'open') return Promise.reject(this.#overError());
    this.#isUsed = true;
    this.#sending += 1;
    const sending = send();
    sending.then(this.#arrived, this.#failed);
    return sending;
  }

  readonly #arrived = (): void => {
    this.#sending -= 1;
    if (this.#sending === 0) this.#onSent?.();
  };

  readonly #failed = (thrown: unknown): void => {
    this.#failure ??= toQError(thrown, 'sending');
    this.#arrived();
  };

  #untilSent(): Promise<void> {
    if (this.#sending === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#onSent = resolve));
  }

  #checkOpen(): void {
    if (this.#state !== 'open') throw this.#overError();
  }

  #overError(): QError {
    if (this.#over.signal.aborted) return abortError(this.#over.signal);
    return new QError('INVALID_TRANSACTION_STATE', 'The transaction is over: send before its function returns');
  }
}
