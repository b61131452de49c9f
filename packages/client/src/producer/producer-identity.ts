import { InitProducer } from '@q/protocol';

import type { Cluster } from '../cluster/cluster.ts';

/**
 * Who a producer is for the brokers: with the sequence of its batches, what lets them recognise a batch that is sent
 * again.
 */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Where a producer's batches get their identity from. */
export interface Identities {
  /** Null: it has to be asked for. */
  readonly current: ProducerIdentity | null;
  acquire(): Promise<ProducerIdentity>;
  renew(old: ProducerIdentity, o: { fresh: boolean }): Promise<ProducerIdentity>;
}

/** Of a producer that is not idempotent. */
export const noIdentity: ProducerIdentity = Object.freeze({ producerId: -1, producerEpoch: -1 });

/** Sequences wrap from 2^31-1 to 0. */
const sequences = 2 ** 31;

export function nextSequence(o: { baseSequence: number; records: number }): number {
  return (o.baseSequence + o.records) % sequences;
}

/**
 * The identity of one producer: asked for when it is first needed, and replaced by one of a higher epoch when the
 * sequence of some partition has a gap that cannot be closed.
 *
 * Partitions change over to a new identity one by one, each when it needs to: a broker checks sequences per partition,
 * so the others may go on with the old one.
 *
 * Invariants
 * - At most one INIT_PRODUCER is under way. `current` only ever moves forward.
 */
export class ProducerIdentities implements Identities {
  readonly #cluster: Cluster;
  #current: ProducerIdentity | null = null;
  #asking: Promise<ProducerIdentity> | null = null;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  get current(): ProducerIdentity | null {
    return this.#current;
  }

  /** @throws QError what the broker answered, or why none could be asked. */
  acquire(): Promise<ProducerIdentity> {
    if (this.#current !== null) return Promise.resolve(this.#current);
    this.#asking ??= this.#ask(noIdentity);
    return this.#asking;
  }

  /**
   * An identity that is newer than `old`. With `fresh`, the new one has another id altogether: for when the broker says
   * that the old id is not known, or not ours any more.
   */
  renew(old: ProducerIdentity, o: { fresh: boolean }): Promise<ProducerIdentity> {
    if (this.#current !== null && this.#current !== old) return Promise.resolve(this.#current);
    this.#asking ??= this.#ask(o.fresh ? noIdentity : old);
    return this.#asking;
  }

  async #ask(old: ProducerIdentity): Promise<ProducerIdentity> {
    try {
      // A lost answer costs an id or an epoch of which there are plenty, so it may always be asked for again.
      const request = { ...old, transactionalId: null, transactionTimeoutMs: -1 };
      const { producerId, producerEpoch } = await this.#cluster.request(InitProducer, request, { resend: true });
      this.#current = Object.freeze({ producerId, producerEpoch });
      return this.#current;
    } finally {
      this.#asking = null;
    }
  }
}
