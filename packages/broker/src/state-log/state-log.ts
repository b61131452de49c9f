/**
 * Makes changes of states durable: gathers them, and appends them to an internal topic through the ordinary partition
 * log. What a state is, and what its records are, is its owner's business: groups today, transactions and queues in the
 * same way.
 *
 * One round is on its way to the disk at a time. What is handed over meanwhile is the next round, and there only the
 * last record of each key counts: a thousand members that join at once, or a partition that is committed a thousand
 * times, cost the disk one record each.
 *
 * Invariants:
 *  1. Records of one state become durable in the order in which they were handed over, those of one call all together
 *     or not at all: within a round they share a batch, and a batch is whole on the disk or not there.
 *  2. When a write fails, everything of its states that was handed over up to that moment fails with it. Nothing that
 *     builds on a lost change is ever stored.
 *  3. A round ends in one way for each of its states: durable, or failed. The state is told in the same turn, before
 *     any other request can build on what was lost; promises, which tell later, are for those who only wait.
 *  4. The next round is handed to the log in the turn in which the one before it has become durable, and so is what
 *     states do when they are told: the log's next round to the disk takes all of it. A moment later it would have to
 *     wait for one more.
 */
import { encodeBatch } from '@q/protocol';
import type { Append, PartitionLog } from '@q/storage';
import type { Clock } from '../clock.ts';
import type { BrokerLogger } from '../logger.ts';

/** A batch is closed above this; the records of one state stay together all the same. */
const batchBytesMax = 512 * 1024;

/** A record as it is stored; a null value is a tombstone. */
export interface StoredRecord {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** What the records of a state log are. */
export interface StateRecords<R> {
  /** For the log: `changes of groups`, say. */
  readonly name: string;
  /** Tells records of one state apart as their keys in the log do: a record and its tombstone are one. */
  readonly keyOf: (record: R) => string;
  readonly encode: (record: R) => StoredRecord;
}

/** Told, in the turn in which it happens, that all that was written is handed to the log now. */
export type HandedOver = (append: Append) => void;

/** Told at once how a write ended; `durable` is the promise that `write` gave. */
export type WriteEnded = (durable: Promise<void>, outcome: 'durable' | 'failed') => void;

/** What one state has in one round. */
interface Share<R> {
  readonly stateId: string;
  readonly ended: WriteEnded;
  readonly handedOver: HandedOver | null;
  readonly records: Map<string, R>;
  readonly durable: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** How many of its batches are not settled yet. */
interface Round {
  open: number;
}

interface EncodedBatch {
  readonly shares: readonly Share<unknown>[];
  readonly bytes: Buffer;
}

export interface StateLogOptions<R> {
  readonly records: StateRecords<R>;
  /** The open log, or null when there has never been a state. */
  readonly log: PartitionLog | null;
  /** Makes it; called before the first write. */
  readonly create: () => Promise<PartitionLog>;
  readonly clock: Pick<Clock, 'now' | 'defer'>;
  readonly logger: BrokerLogger;
}

export class StateLog<R> {
  readonly #options: StateLogOptions<R>;
  #log: PartitionLog | null;
  #gathered = new Map<string, Share<R>>();
  /** The one on its way; null: none. */
  #round: Round | null = null;
  #isScheduled = false;
  #whenIdle: PromiseWithResolvers<void> | null = null;
  #isFailing = false;

  constructor(options: StateLogOptions<R>) {
    this.#options = options;
    this.#log = options.log;
  }

  /**
   * Takes records of one state. The promise is the same for all that end up in one round; it rejects with the storage
   * error. `handedOver` is called when the round begins, `ended` when it is over, before the promise settles; those of
   * its first write, once.
   */
  write(stateId: string, records: readonly R[], ended: WriteEnded, handedOver?: HandedOver): Promise<void> {
    let share = this.#gathered.get(stateId);
    if (share === undefined) {
      share = newShare<R>(stateId, { ended, handedOver: handedOver ?? null });
      this.#gathered.set(stateId, share);
    }
    for (const record of records) share.records.set(this.#options.records.keyOf(record), record);
    this.#schedule();
    return share.durable;
  }

  /** Ends when nothing waits and nothing is on its way. */
  async drain(): Promise<void> {
    if (this.#isScheduled) this.#start();
    while (this.#round !== null || this.#isScheduled) await this.#idle();
  }

  #idle(): Promise<void> {
    this.#whenIdle ??= Promise.withResolvers<void>();
    return this.#whenIdle.promise;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#round !== null) return;
    // What arrives in this turn of the event loop shares the round.
    this.#isScheduled = true;
    this.#options.clock.defer(() => this.#start());
  }

  #start(): void {
    this.#isScheduled = false;
    if (this.#round !== null) return;
    if (this.#gathered.size > 0) return this.#startRound();
    this.#whenIdle?.resolve();
    this.#whenIdle = null;
  }

  #startRound(): void {
    const shares = [...this.#gathered.values()];
    this.#gathered = new Map();
    const round: Round = { open: 1 };
    this.#round = round;
    if (this.#log === null) void this.#createAndAppend(shares, round);
    else this.#appendAll(this.#log, shares, round);
  }

  async #createAndAppend(shares: readonly Share<R>[], round: Round): Promise<void> {
    try {
      this.#log = await this.#options.create();
    } catch (error) {
      this.#fail(shares, error);
      return this.#ended(round);
    }
    this.#appendAll(this.#log, shares, round);
  }

  #appendAll(log: PartitionLog, shares: readonly Share<R>[], round: Round): void {
    for (const batch of this.#encode(shares)) {
      round.open += 1;
      this.#append(log, batch, round);
    }
    this.#ended(round);
  }

  #append(log: PartitionLog, { shares, bytes }: EncodedBatch, round: Round): void {
    const failed = (error: unknown): void => {
      this.#fail(shares, error);
      this.#ended(round);
    };
    const kept = (): void => {
      if (this.#isFailing) this.#storesAgain();
      for (const share of shares) {
        share.ended(share.durable, 'durable');
        share.resolve();
      }
      this.#ended(round);
    };
    let append: Append;
    try {
      append = log.append(bytes, { leaderEpoch: 0 });
    } catch (error) {
      return failed(error);
    }
    append.whenSettled({ kept, failed });
    for (const share of shares) share.handedOver?.(append);
  }

  /** One of its batches, or what begins it, is done. */
  #ended(round: Round): void {
    round.open -= 1;
    if (round.open > 0) return;
    this.#round = null;
    // In this turn: what the log is given now is in its next round. After a failure others have their turn before.
    if (this.#isFailing) this.#schedule();
    else this.#start();
  }

  #storesAgain(): void {
    this.#isFailing = false;
    const { records, logger } = this.#options;
    logger.info({ event: 'state.stored_again', what: records.name }, `${records.name} can be stored again`);
  }

  #fail(shares: readonly Share<unknown>[], error: unknown): void {
    // A full disk fails every round until there is room: said once.
    if (!this.#isFailing)
      this.#options.logger.error(
        { event: 'state.not_stored', what: this.#options.records.name, err: error },
        `${this.#options.records.name} could not be stored`,
      );
    this.#isFailing = true;
    for (const share of shares) {
      const later = this.#gathered.get(share.stateId);
      this.#gathered.delete(share.stateId);
      reject(share, error);
      if (later !== undefined) reject(later, error);
    }
  }

  /** Batches of about `batchBytesMax`, the records of each state in one of them. */
  #encode(shares: readonly Share<R>[]): EncodedBatch[] {
    const timestampMs = this.#options.clock.now();
    const batches: EncodedBatch[] = [];
    let inBatch: Share<R>[] = [];
    let records: StoredRecord[] = [];
    let bytes = 0;
    const close = (): void => {
      if (inBatch.length > 0) batches.push({ shares: inBatch, bytes: encodeBatch(records, { timestampMs }) });
      inBatch = [];
      records = [];
      bytes = 0;
    };
    for (const share of shares) {
      inBatch.push(share);
      for (const record of share.records.values()) {
        const encoded = this.#options.records.encode(record);
        records.push(encoded);
        bytes += encoded.key.length + (encoded.value?.length ?? 0);
      }
      if (bytes >= batchBytesMax) close();
    }
    close();
    return batches;
  }
}

function newShare<R>(stateId: string, told: Pick<Share<R>, 'ended' | 'handedOver'>): Share<R> {
  const { promise: durable, resolve, reject: refuse } = Promise.withResolvers<void>();
  // The state learns it from `ended`; perhaps nobody waits.
  durable.catch(() => undefined);
  return { stateId, ...told, records: new Map(), durable, resolve, reject: refuse };
}

function reject(share: Share<unknown>, error: unknown): void {
  share.ended(share.durable, 'failed');
  share.reject(error);
}
