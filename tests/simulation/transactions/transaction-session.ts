import type { ProducerIdentity } from '@q/coordinator';
import { encodeBatch } from '@q/protocol';
import type { SeededRandom } from '@q/testkit';
import type { WrittenTransaction } from './transaction-history.ts';
import { BrokerGone, isAnswer, simulatedCaller } from './transaction-broker.ts';
import type { TransactionBroker } from './transaction-broker.ts';
import type { TransactionWorld } from './transaction-world.ts';

/** Nobody who does all as it should be done is ever told these. */
const neverToldCodes: ReadonlySet<string> = new Set([
  'CORRUPT_BATCH',
  'CORRUPT_LOG',
  'INVALID_RECORD',
  'INVALID_REQUEST',
  'OUT_OF_ORDER_SEQUENCE',
  'UNKNOWN_TOPIC',
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TRANSACTIONAL_ID',
]);

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** How a request ended: done, refused for good with this code, or to be tried again. */
export type Attempt = { readonly kind: 'done' | 'again' } | { readonly kind: 'refused'; readonly code: string };

const endingCodes: ReadonlySet<string> = new Set([
  'INVALID_TRANSACTION_STATE',
  'PRODUCER_FENCED',
  'STALE_PRODUCER_EPOCH',
  'TRANSACTION_ABORTED',
  'UNKNOWN_TOPIC',
  'UNKNOWN_TOPIC_ID',
]);

/** One instance of a program that writes under a transactional id. It knows what a client knows, and no more. */
export class TransactionSession {
  readonly world: TransactionWorld;
  readonly broker: TransactionBroker;
  readonly transactionalId: string;
  readonly random: SeededRandom;
  /** Its epoch stays, and partitions are added before they are written to. */
  readonly isOld: boolean;
  /** Nobody else uses the id. */
  readonly isAlone: boolean;
  producer: ProducerIdentity | null = null;
  readonly #sequences = new Map<string, number>();
  #begins = 0;

  constructor(o: {
    world: TransactionWorld;
    broker: TransactionBroker;
    transactionalId: string;
    isOld?: boolean;
    isAlone: boolean;
  }) {
    this.world = o.world;
    this.broker = o.broker;
    this.transactionalId = o.transactionalId;
    this.random = o.world.random.fork();
    this.isOld = o.isOld ?? false;
    this.isAlone = o.isAlone;
  }

  pause(): Promise<void> {
    return this.world.sleep(this.random.next() * (this.world.isHealed ? 2 : this.world.plan.pauseMsMax));
  }

  /** Until it is somebody. */
  async begin(): Promise<void> {
    const { history, plan } = this.world;
    const { transactionalId } = this;
    const timeoutMs = this.random.between(plan.timeoutMsMin, plan.timeoutMsMax);
    while (this.producer === null) {
      history.beginning(transactionalId);
      const begins = history.beginsOf(transactionalId);
      await this.attempt('begin', async () => {
        const producer = await this.broker.ask(({ transactions }) =>
          transactions.begin({ transactionalId, timeoutMs, expected: null }, simulatedCaller),
        );
        history.begunAs(transactionalId, producer);
        this.#goesOnAs(producer);
        this.#begins = begins;
      });
      if (this.producer === null) await this.world.sleep(this.random.next() * 30);
    }
  }

  #goesOnAs(producer: ProducerIdentity): void {
    const { producer: before } = this;
    if (before?.producerId !== producer.producerId || before.producerEpoch !== producer.producerEpoch)
      this.#sequences.clear();
    this.producer = producer;
  }

  /** Writes records, until that is acknowledged or hopeless. */
  async write(transaction: WrittenTransaction, place: Place, records: readonly { key: string; value: string }[]) {
    const { topic, partition } = place;
    const written = records.map((record) => ({ ...record, topic, partition, offset: null as number | null }));
    transaction.records.push(...written);
    const baseSequence = this.#sequences.get(`${topic}/${partition}`) ?? 0;
    const { producer } = transaction;
    const bytes = encodeBatch(records, {
      ...producer,
      baseSequence,
      isTransactional: true,
      timestampMs: Math.floor(this.world.clock.now()),
    });
    if (this.isOld) {
      const added = await this.#persist(transaction, `add ${topic}/${partition}`, () => this.#add(place));
      if (added.kind !== 'done') return added;
    }
    return await this.#persist(transaction, `write ${topic}/${partition} ${records[0]!.value}`, async () => {
      const baseOffset = await this.#append(place, Buffer.from(bytes));
      for (const [index, record] of written.entries()) record.offset = baseOffset + index;
      this.#sequences.set(`${topic}/${partition}`, baseSequence + records.length);
    });
  }

  async #add({ topic, partition }: Place): Promise<void> {
    const { transactionalId, world } = this;
    const claim = { transactionalId, producer: this.producer! };
    const partitions = new Map([[world.topicId(topic), [partition]]]);
    await this.broker.ask(({ transactions }) => transactions.add(claim, partitions, simulatedCaller));
  }

  async #append({ topic, partition }: Place, records: Buffer): Promise<number> {
    const topics = [{ topicId: this.world.topicId(topic), partitions: [{ partition, leaderEpoch: -1, records }] }];
    return await this.broker.ask(async ({ append }) => {
      const request = { timeoutMs: 10_000, addsPartitions: this.isOld, topics };
      const appending = await append.append(request, simulatedCaller);
      await new Promise<void>((resolve) => appending.whenSettled(() => resolve()));
      const [result] = appending.results;
      if (result!.error !== null) throw result!.error;
      return result!.baseOffset;
    });
  }

  async stage(transaction: WrittenTransaction, groupId: string, offset: number): Promise<Attempt> {
    const { transactionalId } = this;
    const topics = [{ topicId: this.world.topicId('source'), partitions: [offsetOf(offset)] }];
    const commits = { groupId, claim: { memberId: '', generation: -1, instanceId: null }, topics };
    return await this.#persist(transaction, `stage ${groupId} ${offset}`, async () => {
      const claim = { transactionalId, producer: transaction.producer };
      const staged = await this.broker.ask(({ transactions }) =>
        transactions.stageClassic(claim, commits, simulatedCaller),
      );
      if (typeof staged === 'string') throw new Error(staged);
      const { error } = staged[0]!.partitions[0]!;
      if (error !== null) throw error;
      transaction.staged = offset;
    });
  }

  /** Until it is known how it has ended, or that this is for somebody else to know. */
  async end(transaction: WrittenTransaction, outcome: 'commit' | 'abort'): Promise<void> {
    if (outcome === 'commit') transaction.end = 'unknown';
    const { transactionalId, isOld } = this;
    const { producer } = transaction;
    const ended = await this.#persist(transaction, outcome, async () => {
      const request = { transactionalId, producer, outcome, raises: !isOld };
      const next = await this.broker.ask(({ transactions }) => transactions.end(request, simulatedCaller));
      if (!isOld && next.producerId === producer.producerId && next.producerEpoch !== producer.producerEpoch + 1)
        this.world.problem(`${transactionalId} went from epoch ${producer.producerEpoch} to ${next.producerEpoch}`);
      transaction.end = outcome === 'commit' ? 'committed' : 'aborted';
      this.world.history.over(transaction);
      this.#goesOnAs(next);
    });
    if (ended.kind === 'refused') await this.#refusedEnd(transaction, outcome, ended.code);
  }

  async #refusedEnd(transaction: WrittenTransaction, outcome: 'commit' | 'abort', code: string): Promise<void> {
    const isUndone = code === 'TRANSACTION_ABORTED' || code === 'INVALID_TRANSACTION_STATE';
    if (outcome === 'abort' || isUndone) transaction.end = 'aborted';
    if (code === 'TRANSACTION_ABORTED' && outcome === 'commit' && !this.isOld) await this.end(transaction, 'abort');
    else this.producer = null;
  }

  async #persist(transaction: WrittenTransaction, what: string, request: () => Promise<void>): Promise<Attempt> {
    const { world } = this;
    const label = `${this.transactionalId} e${transaction.producer.producerEpoch} ${what}`;
    for (;;) {
      const wasFenced = world.history.isFenced(transaction);
      const attempt = await this.attempt(label, request);
      if (attempt.kind === 'done' && wasFenced) world.problem(`${label} was answered to who had been fenced before`);
      if (attempt.kind === 'refused') this.#judgeRefusal(label, attempt.code);
      if (attempt.kind !== 'again') return attempt;
      await world.sleep(this.random.next() * 30);
    }
  }

  #judgeRefusal(label: string, code: string): void {
    const isRivalled = this.world.history.beginsOf(this.transactionalId) > this.#begins;
    if (code === 'PRODUCER_FENCED' && !isRivalled) this.world.problem(`${label} was fenced, and nobody else has begun`);
  }

  /** One try. */
  async attempt(label: string, request: () => Promise<void>): Promise<Attempt> {
    const { world } = this;
    try {
      await request();
      world.trace.add(`${label}: done`);
      return { kind: 'done' };
    } catch (error) {
      if (error instanceof BrokerGone) {
        world.trace.add(`${label}: no answer`);
        return { kind: 'again' };
      }
      if (!isAnswer(error)) throw error;
      world.trace.add(`${label}: ${error.code} ${error.message}`);
      const isExpected = label.includes('doomed') && error.code === 'UNKNOWN_TOPIC_ID';
      if (neverToldCodes.has(error.code) && !isExpected) world.problem(`${label}: ${error.code} ${error.message}`);
      if (endingCodes.has(error.code) || neverToldCodes.has(error.code)) return { kind: 'refused', code: error.code };
      return { kind: 'again' };
    }
  }
}

export function offsetOf(offset: number): { partition: number; offset: number; leaderEpoch: number; metadata: null } {
  return { partition: 0, offset, leaderEpoch: -1, metadata: null };
}
