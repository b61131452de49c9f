import { EndTransaction, InitProducer, QError, StageOffsets, errorEntry, transactionOutcomeCode } from '@q/protocol';

import type { Cluster } from '../cluster/cluster.ts';
import type { GroupOffsets } from './offset-share.ts';
import { noIdentity } from '../producer/producer-identity.ts';
import type { ProducerIdentity } from '../producer/producer-identity.ts';
import { toQError } from '../retry.ts';

/**
 * Who a producer of transactions is: a producer id with an epoch that rises with each transaction.
 *
 * Invariants
 * - An identity is good for one transaction. The answer to its end names the next one; where there was none, and after
 *   any error, the producer begins anew and says who it was, so that only another instance is in its way.
 * - Once fenced it stays so.
 */
export class TransactionalIdentity {
  readonly transactionalId: string;
  readonly #cluster: Cluster;
  readonly #transactionTimeoutMs: number;
  /** How long an end is repeated while nobody answers. */
  readonly #patienceMs: number;
  #held: ProducerIdentity = noIdentity;
  #isGood = false;
  #fencedBy: QError | null = null;

  constructor(o: { cluster: Cluster; transactionalId: string; transactionTimeoutMs: number; patienceMs: number }) {
    this.transactionalId = o.transactionalId;
    this.#cluster = o.cluster;
    this.#transactionTimeoutMs = o.transactionTimeoutMs;
    this.#patienceMs = o.patienceMs;
  }

  /** For the next transaction. @throws QError `PRODUCER_FENCED`, or why nobody can be asked. */
  async next(): Promise<ProducerIdentity> {
    if (this.#fencedBy !== null) throw this.#fencedBy;
    return this.#isGood ? this.#held : this.begin();
  }

  /** Begins anew: of a transaction that is open nothing counts any more. @throws QError */
  async begin(): Promise<ProducerIdentity> {
    const { transactionalId } = this;
    this.#isGood = false;
    const request = { ...this.#held, transactionalId, transactionTimeoutMs: this.#transactionTimeoutMs };
    // Repeated it gets the same answer, or a higher epoch if nobody knows who asks.
    const answer = await this.#asked(this.#cluster.request(InitProducer, request, { resend: true }));
    return this.#goOnAs(answer);
  }

  /**
   * Not sent again once the signal aborts, with the transaction. That a late one was fenced says nothing: its own end
   * may have done that. Whoever is really fenced hears it with the end.
   * @throws QError the first refusal.
   */
  async stage(
    { producerId, producerEpoch }: ProducerIdentity,
    { offsets, signal }: { readonly offsets: GroupOffsets; readonly signal: AbortSignal },
  ): Promise<void> {
    const { transactionalId } = this;
    const request = { transactionalId, producerId, producerEpoch, ...offsets };
    const { topics } = await this.#cluster.request(StageOffsets, request, { resend: true, signal });
    for (const { partitions } of topics)
      for (const { partition, errorCode, errorMessage } of partitions) {
        if (errorCode === 0) continue;
        const { name, description } = errorEntry(errorCode);
        throw new QError(name, `Group "${offsets.groupId}", partition ${partition}: ${errorMessage ?? description}`);
      }
  }

  /** Resolves when whoever reads sees the outcome. @throws QError */
  async end({ producerId, producerEpoch }: ProducerIdentity, outcome: 'commit' | 'abort'): Promise<void> {
    const { transactionalId } = this;
    this.#isGood = false;
    const request = { transactionalId, producerId, producerEpoch, outcome: transactionOutcomeCode[outcome] };
    const o = { resend: true, timeoutMs: this.#patienceMs };
    this.#goOnAs(await this.#asked(this.#cluster.request(EndTransaction, request, o)));
  }

  #goOnAs({ producerId, producerEpoch }: ProducerIdentity): ProducerIdentity {
    this.#held = Object.freeze({ producerId, producerEpoch });
    this.#isGood = true;
    return this.#held;
  }

  async #asked<A>(answer: Promise<A>): Promise<A> {
    try {
      return await answer;
    } catch (thrown) {
      const error = toQError(thrown, `transactional id "${this.transactionalId}"`);
      if (error.code === 'PRODUCER_FENCED') this.#fencedBy = error;
      throw error;
    }
  }
}
