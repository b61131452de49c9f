import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect, QError } from '@q/client';
import type { Q } from '@q/client';
import { BrokerProcess, seededRandom } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import { BankBooks } from './bank-books.ts';
import {
  accounts,
  bankGroup,
  decode,
  encode,
  ledgerTopic,
  openingAmount,
  partitionOf,
  partitions,
  transfersTopic,
} from './bank-topics.ts';
import type { Entry, Transfer } from './bank-topics.ts';
import { BankWorkerProcess } from './bank-worker-process.ts';

const brokerMain = fileURLToPath(new URL('../../../apps/broker/src/main.ts', import.meta.url));
const maintenance = ['--limit', 'maintenanceIntervalMs=100'];
const workers = 3;
const killPauseMsMax = 2_500;
const ordersAtOnce = 10;
const orderPauseMs = 20;
const endMs = 90_000;

/**
 * A bank: orders come in, worker processes carry them out with a transaction each batch, the broker and the workers are
 * killed again and again. All reach the broker at one address, and go on when it is back.
 */
export class BankRun implements AsyncDisposable {
  readonly books = new BankBooks();
  kills = 0;
  readonly #random: SeededRandom;
  readonly #dataDir: string;
  readonly #q: Q;
  readonly #workers: readonly BankWorkerProcess[];
  #broker: BrokerProcess;
  #isOver = false;

  private constructor(parts: { seed: number; dataDir: string; broker: BrokerProcess; q: Q }) {
    this.#random = seededRandom(parts.seed);
    this.#dataDir = parts.dataDir;
    this.#broker = parts.broker;
    this.#q = parts.q;
    const { url } = parts.broker;
    this.#workers = Array.from({ length: workers }, (_, slot) => new BankWorkerProcess({ url, slot }));
  }

  static async start(seed: number): Promise<BankRun> {
    const dataDir = await mkdtemp(join(tmpdir(), 'q-bank-'));
    const broker = await startBroker(dataDir, 0);
    const q = await connect(broker.url, { retry: { maxMs: 100 } });
    for (const topic of [transfersTopic, ledgerTopic])
      await q.admin.createTopic(topic, { partitions, config: { 'segment.bytes': 262_144 } });
    await open(q);
    return new BankRun({ seed, dataDir, broker, q });
  }

  /** Kills for so long; then everything must come to its end. Says what is wrong. */
  async run(seconds: number): Promise<string[]> {
    const untilMs = performance.now() + seconds * 1_000;
    const audit = this.#audit();
    const orders = this.#order();
    while (performance.now() < untilMs) {
      await sleep(this.#random.next() * killPauseMsMax);
      await this.#killSomebody();
    }
    this.#isOver = true;
    await orders;
    const ended = await this.#ends();
    await Promise.all(this.#workers.map((worker) => worker.stop()));
    await audit.stop();
    const gaveUp = this.#workers.flatMap((worker) => worker.gaveUp.map((words) => `a worker gave up: ${words}`));
    return [...ended, ...this.books.problems(), ...gaveUp, ...audit.problems];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#broker.kill();
    await Promise.all(this.#workers.map((worker) => worker.stop('SIGKILL')));
    await this.#q.close({ timeoutMs: 0 });
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  async #killSomebody(): Promise<void> {
    this.kills += 1;
    if (this.#random.chance(0.5)) return this.#random.pick(this.#workers).kill();
    const { port } = this.#broker;
    await this.#broker.kill();
    this.#broker = await startBroker(this.#dataDir, port);
  }

  /** Until it is over: some orders at a time, each until it is acknowledged. */
  async #order(): Promise<void> {
    await using producer = this.#q.producer();
    for (let number = 0; !this.#isOver; number += ordersAtOnce) {
      const orders = Array.from({ length: ordersAtOnce }, (_, index) => this.#transfer(number + index));
      await producer.sendBatch(
        transfersTopic,
        orders.map((order) => ({ key: order.id, value: encode(order) })),
      );
      for (const order of orders) this.books.ordered.set(order.id, order);
      await sleep(orderPauseMs);
    }
  }

  #transfer(number: number): Transfer {
    const from = this.#random.below(accounts);
    const to = (from + this.#random.between(1, accounts - 1)) % accounts;
    return { id: String(number), from, to, amount: this.#random.between(1, 100) };
  }

  /** Reads the ledger as it comes, through all kills: it is shown what is committed, and each entry once. */
  #audit(): { readonly problems: readonly string[]; stop(): Promise<void> } {
    const problems: string[] = [];
    const ledger = this.#q.consumer(ledgerTopic, { from: 'earliest' });
    const reading = (async () => {
      for await (const { value } of ledger) this.books.shown(decode<Entry>(value));
    })().catch((error: unknown) => void problems.push(`whoever reads the ledger: ${String(error)}`));
    const stop = async (): Promise<void> => {
      await ledger.close();
      await reading;
    };
    return { problems, stop };
  }

  async #ends(): Promise<string[]> {
    const deadlineMs = performance.now() + endMs;
    for (;;) {
      const isDone = this.books.entries >= this.books.entriesWanted && (await this.#isCaughtUp());
      if (isDone) return [];
      if (performance.now() > deadlineMs)
        return [`after ${endMs} ms there are ${this.books.entries} of ${this.books.entriesWanted} entries`];
      await sleep(100);
    }
  }

  async #isCaughtUp(): Promise<boolean> {
    try {
      const group = await this.#q.admin.describeGroup(bankGroup);
      return group.partitions.length === partitions && group.partitions.every(({ lag }) => lag === 0);
    } catch (error) {
      if (QError.is(error)) return false;
      throw error;
    }
  }
}

/** All accounts get what they begin with in one transaction. */
async function open(q: Q): Promise<void> {
  await using producer = q.producer({ transactionalId: 'opening' });
  await producer.transaction(async (tx) => {
    for (let account = 0; account < accounts; account += 1) {
      const value = encode({ id: 'opening', account, amount: openingAmount, carriedOut: 'at the opening' });
      await tx.send(ledgerTopic, { partition: partitionOf(account), key: 'opening', value });
    }
  });
}

function startBroker(dataDir: string, port: number): Promise<BrokerProcess> {
  return BrokerProcess.start({ main: brokerMain, args: ['--data-dir', dataDir, ...maintenance], port });
}
