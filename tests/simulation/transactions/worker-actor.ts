import { readCommitted } from './committed-reads.ts';
import type { CommittedRead } from './committed-reads.ts';
import { groupOffset } from './group-offset.ts';
import { isAnswer } from './transaction-broker.ts';
import type { TransactionSession } from './transaction-session.ts';

export const workGroup = 'work';

/** Consumes `source`, and writes what it makes of each record to `sink`, exactly once, whoever else does the same. */
export class WorkerActor {
  readonly #session: TransactionSession;
  #position = 0;
  readonly #isSourceOver: () => boolean;

  constructor(session: TransactionSession, isSourceOver: () => boolean) {
    this.#session = session;
    this.#isSourceOver = isSourceOver;
  }

  async run(): Promise<void> {
    const session = this.#session;
    for (;;) {
      await session.pause();
      if (session.producer === null) await this.#begin();
      const read = session.producer === null ? null : await this.#read();
      if (read === null) continue;
      if (read.records.length > 0) await this.#process(read);
      else if (this.#isSourceOver() && session.world.isHealed && read.nextOffset >= read.highWatermark) return;
      if (session.random.chance(0.03)) session.producer = null;
      // Two that fence each other at each turn come to nothing; at the end one of them waits longer.
      if (read.records.length === 0) await session.world.sleep(session.random.next() * 100);
    }
  }

  /** Where the group stands is asked once nobody else can commit any more. */
  async #begin(): Promise<void> {
    const session = this.#session;
    await session.world.sleep(session.random.next() * 200);
    await session.begin();
    const position = await this.#ask(() =>
      session.broker.ask((services) => groupOffset(services, workGroup, session.world.topicId('source'))),
    );
    if (position === null) session.producer = null;
    else this.#position = Math.max(0, position);
  }

  async #read(): Promise<CommittedRead | null> {
    const { broker, world, random } = this.#session;
    const place = { topicId: world.topicId('source'), partition: 0 };
    const from = this.#position;
    return await this.#ask(() =>
      broker.ask((services) => readCommitted(services, place, { from, maxBytes: random.pick([1, 300, 2_000]) })),
    );
  }

  async #process({ records, nextOffset }: CommittedRead): Promise<void> {
    const session = this.#session;
    const transaction = session.world.history.begin(session.transactionalId, session.producer!);
    const made = records.map(({ value }) => ({ key: 'made', value: `o:${value}#${transaction.number}` }));
    const written = await session.write(transaction, { topic: 'sink', partition: 0 }, made);
    const staged = written.kind === 'done' ? await session.stage(transaction, workGroup, nextOffset) : written;
    const isWhole = written.kind === 'done' && staged.kind === 'done';
    await session.end(transaction, isWhole && session.random.chance(0.9) ? 'commit' : 'abort');
    if (transaction.end === 'committed') this.#position = nextOffset;
    // It cannot know how that ended, and asks the group.
    else if (transaction.end === 'unknown') session.producer = null;
  }

  async #ask<T>(question: () => Promise<T>): Promise<T | null> {
    try {
      return await question();
    } catch (error) {
      if (isAnswer(error)) return null;
      throw error;
    }
  }
}
