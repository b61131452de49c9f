import { groupOffset } from './group-offset.ts';
import { readCommitted } from './committed-reads.ts';
import type { WrittenTransaction } from './transaction-history.ts';
import { isAnswer, simulatedCaller } from './transaction-broker.ts';
import { offsetOf } from './transaction-session.ts';
import type { Place, TransactionSession } from './transaction-session.ts';

const keys = ['a', 'b', 'c', 'd', 'e'] as const;

/** Writes transactions of all kinds, and ends them in all ways. */
export class TransactionActor {
  readonly #session: TransactionSession;

  constructor(session: TransactionSession) {
    this.#session = session;
  }

  async run(): Promise<void> {
    const session = this.#session;
    for (let left = session.world.plan.transactionsEach; left > 0; left -= 1) {
      await session.pause();
      if (session.producer === null) await session.begin();
      await this.#transaction();
      // As a program that dies, or one that is started anew.
      if (session.random.chance(0.05)) session.producer = null;
    }
  }

  async #transaction(): Promise<void> {
    const session = this.#session;
    const { random, world, transactionalId } = session;
    const transaction = world.history.begin(transactionalId, session.producer!);
    const isWhole = (await this.#writeAll(transaction)) && (await this.#stage(transaction));
    if (random.chance(0.05)) {
      transaction.end = 'aborted';
      session.producer = null;
      return;
    }
    if (random.chance(0.05)) await world.sleep(random.next() * world.plan.timeoutMsMax * 1.5);
    const hasWritten = transaction.records.length > 0 || transaction.staged !== null;
    const outcome = isWhole && hasWritten && random.chance(0.75) ? 'commit' : 'abort';
    await session.end(transaction, outcome);
    if (transaction.end === 'committed') await this.#lookAtOnce(transaction);
  }

  async #writeAll(transaction: WrittenTransaction): Promise<boolean> {
    const { random } = this.#session;
    const writes = random.between(0, 4);
    for (let write = 0; write < writes; write += 1) {
      await this.#session.pause();
      const place = this.#place();
      const records = Array.from({ length: random.between(1, 3) }, (_, index) => ({
        key: random.pick(keys),
        value: `t${transaction.number}.${write}.${index}.${'x'.repeat(random.below(60))}`,
      }));
      const { kind } = await this.#session.write(transaction, place, records);
      // A topic that is gone is no reason to give the rest up.
      if (kind !== 'done' && place.topic !== 'doomed') return false;
    }
    return true;
  }

  #place(): Place {
    const { random, world } = this.#session;
    const topics = ['kept', 'kept', 'kept', 'compacted', 'trimmed', ...(world.plan.deletesTopic ? ['doomed'] : [])];
    const topic = random.pick(topics);
    return { topic, partition: topic === 'kept' ? random.below(world.plan.partitions) : 0 };
  }

  get #groupId(): string {
    return `group of ${this.#session.transactionalId}`;
  }

  async #stage(transaction: WrittenTransaction): Promise<boolean> {
    const { random, world, isAlone } = this.#session;
    if (!random.chance(0.4)) return true;
    const offset = 1_000 + transaction.number * 2;
    if (isAlone)
      world.history.offsetStep(this.#groupId, {
        offset,
        isSure: () => transaction.end === 'committed' && transaction.staged !== null,
        mayBe: () => transaction.end === 'committed' || transaction.end === 'unknown',
      });
    return (await this.#session.stage(transaction, this.#groupId, offset)).kind === 'done';
  }

  /** What was committed is there for whoever asks now, unless another transaction may hold it back. */
  async #lookAtOnce(transaction: WrittenTransaction): Promise<void> {
    const { random, isAlone } = this.#session;
    if (random.chance(0.5)) for (const record of transaction.records) await this.#lookFor(transaction, record);
    if (transaction.staged === null || !isAlone) return;
    await this.#lookAtOffset(transaction.staged);
    if (random.chance(0.3)) await this.#commitPlain(transaction.staged + 1);
  }

  async #lookFor(transaction: WrittenTransaction, record: WrittenTransaction['records'][number]): Promise<void> {
    const { broker, world } = this.#session;
    const { topic, partition, offset, value } = record;
    if (topic !== 'kept' || offset === null || world.history.mayBeHeldBack(transaction, topic, partition)) return;
    const place = { topicId: world.topicId(topic), partition };
    await this.#ask(async () => {
      const read = await broker.ask((services) => readCommitted(services, place, { from: offset, maxBytes: 1 }));
      if (read.records[0]?.offset !== offset || read.records[0].value !== value)
        world.problem(`${value} at ${topic}/${partition} ${offset} is not seen right after the commit`);
    });
  }

  async #lookAtOffset(offset: number): Promise<void> {
    const { broker, world } = this.#session;
    await this.#ask(async () => {
      const found = await broker.ask((services) => groupOffset(services, this.#groupId, world.topicId('source')));
      if (found !== offset) world.problem(`${this.#groupId} has ${found} right after ${offset} was committed`);
    });
  }

  async #commitPlain(offset: number): Promise<void> {
    const { broker, world } = this.#session;
    let isSure = false;
    world.history.offsetStep(this.#groupId, { offset, isSure: () => isSure, mayBe: () => true });
    const topics = [{ topicId: world.topicId('source'), partitions: [offsetOf(offset)] }];
    const commits = { groupId: this.#groupId, claim: { memberId: '', generation: -1, instanceId: null }, topics };
    await this.#ask(async () => {
      const answer = await broker.ask(({ groups }) => groups.offsets.commitClassic(commits, simulatedCaller));
      isSure = typeof answer !== 'string' && answer[0]!.partitions[0]!.error === null;
      world.trace.add(`${this.#groupId} plain ${offset}: ${isSure}`);
    });
  }

  /** Whatever fails for want of a broker or a disk is looked at at the end. */
  async #ask(question: () => Promise<void>): Promise<void> {
    try {
      await question();
    } catch (error) {
      if (!isAnswer(error)) throw error;
    }
  }
}
