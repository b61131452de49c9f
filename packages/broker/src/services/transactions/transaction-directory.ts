/**
 * The transactional ids that this broker coordinates, by id and by the producer ids that were handed out for them.
 *
 * Invariants
 *  1. An id is here from its first change until nothing of it is left, in memory and on its way to the disk.
 *  2. There are at most `transactionalIdsMax`.
 *  3. Every producer that a transaction names is found by its id.
 */
import type { Transaction, TransactionRecord } from '@q/coordinator';
import { QError } from '@q/protocol';
import type { BrokerLimits } from '../../limits.ts';
import type { StateLog } from '../../state-log/state-log.ts';
import { LiveTransaction } from './live-transaction.ts';

export interface TransactionDirectoryOptions {
  readonly log: Pick<StateLog<TransactionRecord>, 'write'>;
  readonly limits: Pick<BrokerLimits, 'transactionalIdsMax'>;
  /** Changes could not be stored, and are taken back: other deadlines count again. */
  readonly wentBack: (live: LiveTransaction) => void;
}

export class TransactionDirectory {
  readonly #options: TransactionDirectoryOptions;
  readonly #byId = new Map<string, LiveTransaction>();
  readonly #byProducer = new Map<number, LiveTransaction>();

  constructor(options: TransactionDirectoryOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#byId.size;
  }

  all(): IterableIterator<LiveTransaction> {
    return this.#byId.values();
  }

  find(transactionalId: string): LiveTransaction | null {
    return this.#byId.get(transactionalId) ?? null;
  }

  findByProducer(producerId: number): LiveTransaction | null {
    return this.#byProducer.get(producerId) ?? null;
  }

  /** @throws QError UNKNOWN_TRANSACTIONAL_ID */
  require(transactionalId: string): LiveTransaction {
    const live = this.find(transactionalId);
    if (live?.newest) return live;
    const shown = JSON.stringify(transactionalId.slice(0, 256));
    throw new QError('UNKNOWN_TRANSACTIONAL_ID', `nobody has begun to use transactional id ${shown}`);
  }

  /** The one of that id, or a new one; `forgetIfGone` if nothing comes of it. @throws QError TRANSACTION_LIMIT */
  obtain(transactionalId: string): LiveTransaction {
    const live = this.find(transactionalId);
    if (live !== null) return live;
    const { transactionalIdsMax } = this.#options.limits;
    if (this.size >= transactionalIdsMax) {
      const message = `this broker has ${this.size} transactional ids, which is as many as there may be`;
      throw new QError('TRANSACTION_LIMIT', message, { details: { transactionalIdsMax } });
    }
    return this.#add(transactionalId, null);
  }

  /** One that was read from the log. */
  load(stored: Transaction): LiveTransaction {
    const live = this.#add(stored.transactionalId, stored);
    this.noteProducers(live);
    return live;
  }

  #add(transactionalId: string, stored: Transaction | null): LiveTransaction {
    const live = new LiveTransaction({
      transactionalId,
      stored,
      log: this.#options.log,
      written: (written, outcome) => {
        this.noteProducers(written);
        if (outcome === 'failed') this.#options.wentBack(written);
        this.forgetIfGone(written);
      },
    });
    this.#byId.set(transactionalId, live);
    return live;
  }

  /** After a step: producers may have come. Those of before stay, as the step may be taken back. */
  noteProducers(live: LiveTransaction): void {
    const { newest } = live;
    if (newest === null) return;
    this.#byProducer.set(newest.producer.producerId, live);
    if (newest.next !== null) this.#byProducer.set(newest.next.producerId, live);
  }

  forgetIfGone(live: LiveTransaction): void {
    if (live.newest !== null || !live.isSettled || this.#byId.get(live.transactionalId) !== live) return;
    this.#byId.delete(live.transactionalId);
    for (const [producerId, of] of this.#byProducer) if (of === live) this.#byProducer.delete(producerId);
  }
}
