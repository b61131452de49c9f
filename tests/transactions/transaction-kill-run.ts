import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { BrokerProcess, seededRandom, TcpProxy } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import type { KilledFolder } from '../crash/kill-cycles.ts';
import { checkTransactions, checkWatcher, checkWork } from '../simulation/transactions/transaction-check.ts';
import type { FinalPartition } from '../simulation/transactions/transaction-check.ts';
import { CommittedWatcher } from './committed-watcher.ts';
import { readCommitted, readEverything } from './final-reads.ts';
import { killTopics, sourcePartitions } from './kill-topics.ts';
import { KnownHistory } from './known-history.ts';
import { PlainWriter } from './plain-writer.ts';
import { ProcessWorker, workGroup } from './process-worker.ts';
import { TransactionWriter } from './transaction-writer.ts';

const brokerMain = fileURLToPath(new URL('../../apps/broker/src/main.ts', import.meta.url));
const maintenance = ['--limit', 'maintenanceIntervalMs=20'];
const lastingIds = 4;
const commitsBeforeKillMax = 60;
const commitsTimeoutMs = 60_000;
const killDelayMsMax = 20;
const limitMs = 60_000;

interface Actor {
  readonly unexpected: readonly unknown[];
  stop(): Promise<void>;
}

/**
 * Kills one broker again and again while programs write transactions, always on the same folder.
 *
 * Lasting programs reach the broker through a proxy, and go on after each kill; passing ones die with it, and leave
 * their transactions open. One of each uses the same transactional id.
 *
 * Invariant: while the records are read and checked, the proxy lets nobody through, so the history stands still.
 */
export class TransactionKillRun implements KilledFolder {
  readonly history = new KnownHistory();
  readonly #random: SeededRandom;
  readonly #dataDir: string;
  readonly #proxy: TcpProxy;
  readonly #nodeFlags: readonly string[];
  #broker: BrokerProcess;
  #client: Q | null = null;
  #lasting: Actor[] = [];
  #workers: Actor[] = [];
  #watcher: CommittedWatcher | null = null;
  #cycle = 0;

  private constructor(parts: {
    seed: number;
    dataDir: string;
    broker: BrokerProcess;
    proxy: TcpProxy;
    nodeFlags: readonly string[];
  }) {
    this.#nodeFlags = parts.nodeFlags;
    this.#random = seededRandom(parts.seed);
    this.#dataDir = parts.dataDir;
    this.#broker = parts.broker;
    this.#proxy = parts.proxy;
  }

  /** `nodeFlags`: of the broker's Node. */
  static async start(
    seed: number,
    { nodeFlags = [] }: { nodeFlags?: readonly string[] } = {},
  ): Promise<TransactionKillRun> {
    const dataDir = await mkdtemp(join(tmpdir(), 'q-transactions-'));
    const broker = await startBroker(dataDir, nodeFlags).catch(async (error: unknown) => {
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    });
    const proxy = await TcpProxy.start({ host: '127.0.0.1', port: broker.port });
    const run = new TransactionKillRun({ seed, dataDir, broker, proxy, nodeFlags });
    await run.#prepare();
    return run;
  }

  /** Load, something wrong with the network, SIGKILL at a moment of chance, a start. */
  async crash(): Promise<void> {
    this.#cycle += 1;
    this.#proxy.accept();
    const client = await connect(this.#proxyUrl);
    const passing = this.#passing(client);
    await this.#committed(this.#random.between(1, commitsBeforeKillMax));
    await this.#disturb();
    await sleep(this.#random.next() * killDelayMsMax);
    await this.#broker.kill();
    this.#proxy.refuse();
    this.#proxy.cut();
    this.#proxy.passAnswers();
    const stopped = passing.map((actor) => actor.stop());
    await client.close({ timeoutMs: 0 });
    await Promise.all(stopped);
    failOn([...passing, ...this.#lasting, ...this.#workers]);
    this.#broker = await startBroker(this.#dataDir, this.#nodeFlags);
    this.#proxy.retarget({ host: '127.0.0.1', port: this.#broker.port });
  }

  /** Reads what is committed, past the proxy, and compares. */
  async check(): Promise<string[]> {
    await using q = await connect(this.#broker.url);
    return this.#judge(await readCommitted(q), null);
  }

  get counts(): KilledFolder['counts'] {
    const { transactions, committed, plain } = this.history;
    return {
      transactions: transactions.length,
      'answered with a commit': committed,
      'plain records acknowledged': plain.size,
    };
  }

  /** Lets everybody finish: each answer must come, and nothing may be left open. */
  async finish(): Promise<string[]> {
    this.#proxy.accept();
    await Promise.all(this.#lasting.map((actor) => actor.stop()));
    await using q = await connect(this.#broker.url);
    await this.#caughtUp(q);
    await Promise.all(this.#workers.map((actor) => actor.stop()));
    const finals = await readEverything(q, { history: this.history, limitMs });
    const { partitions } = await q.admin.describeGroup(workGroup);
    await this.#watcher!.stop();
    failOn([...this.#lasting, ...this.#workers]);
    const problems = this.#judge(
      finals,
      new Map(partitions.map((each) => [each.partition, each.committedOffset ?? 0])),
    );
    this.#proxy.refuse();
    return problems;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#broker.kill();
    const stopped = [...this.#lasting, ...this.#workers].map((actor) => actor.stop());
    await this.#client?.close({ timeoutMs: 0 });
    await Promise.all(stopped);
    await this.#proxy.close();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  get #proxyUrl(): string {
    return `q://${this.#proxy.address}`;
  }

  async #prepare(): Promise<void> {
    await using q = await connect(this.#broker.url);
    for (const { name, partitions, config } of killTopics) await q.admin.createTopic(name, { partitions, config });
    this.#client = await connect(this.#proxyUrl, { retry: { maxMs: 100 } });
    for (let index = 0; index < lastingIds; index += 1)
      this.#lasting.push(this.#writer(this.#client, `lasting-${index}`, { isRivalled: index === 0 }));
    const random = this.#random.fork();
    this.#lasting.push(new PlainWriter({ producer: this.#client.producer(), history: this.history, random }));
    this.#workers.push(this.#worker(this.#client, 'worker-1'), this.#worker(this.#client, 'worker-2'));
    this.#watcher = new CommittedWatcher(this.#client);
  }

  #passing(client: Q): Actor[] {
    const isRivalled = this.#random.chance(0.3);
    const writer = this.#writer(client, isRivalled ? 'lasting-0' : 'passing', { isRivalled });
    return this.#cycle % 4 === 0 ? [writer, this.#worker(client, 'passing-worker')] : [writer];
  }

  #writer(q: Q, transactionalId: string, { isRivalled }: { isRivalled: boolean }): TransactionWriter {
    const transactionTimeoutMs = transactionalId === 'lasting-1' ? 700 : 3_000;
    const random = this.#random.fork();
    return new TransactionWriter({
      q,
      transactionalId,
      transactionTimeoutMs,
      isRivalled,
      history: this.history,
      random,
    });
  }

  #worker(q: Q, name: string): ProcessWorker {
    return new ProcessWorker({ q, name, history: this.history, random: this.#random.fork() });
  }

  async #committed(more: number): Promise<void> {
    const wanted = this.history.committed + more;
    const deadlineMs = Date.now() + commitsTimeoutMs;
    while (this.history.committed < wanted) {
      if (Date.now() > deadlineMs)
        throw new Error(`only ${this.history.committed} of ${wanted} commits were answered\n${this.#broker.log}`);
      await sleep(1);
    }
  }

  async #disturb(): Promise<void> {
    const how = this.#random.pick(['not', 'not', 'cut', 'swallow'] as const);
    if (how === 'cut') {
      this.#proxy.cut();
      await this.#committed(this.#random.between(1, 10));
    }
    // What is committed from now on is not answered before the broker dies.
    if (how === 'swallow') this.#proxy.swallowAnswers();
  }

  async #caughtUp(q: Q): Promise<void> {
    const deadlineMs = Date.now() + limitMs;
    for (;;) {
      const { partitions } = await q.admin.describeGroup(workGroup);
      if (partitions.length === sourcePartitions && partitions.every(({ lag }) => lag === 0)) return;
      if (Date.now() > deadlineMs) throw new Error(`the workers do not come to an end: ${JSON.stringify(partitions)}`);
      await sleep(100);
    }
  }

  /** `workOffsets`: how far the group is, once everything is over. */
  #judge(finals: readonly FinalPartition[], workOffsets: ReadonlyMap<number, number> | null): string[] {
    const problems: string[] = [...this.#watcher!.problems];
    const judge = { history: this.history, problem: (text: string) => void problems.push(text) };
    const find = (topic: string, partition: number): FinalPartition =>
      finals.find((each) => each.topic === topic && each.partition === partition)!;
    checkTransactions(judge, finals);
    for (let partition = 0; partition < sourcePartitions; partition += 1) {
      const workOffset = workOffsets === null ? null : workOffsets.get(partition)!;
      checkWork(judge, { source: find('source', partition), sink: find('sink', partition), workOffset });
    }
    if (workOffsets !== null)
      for (const watched of this.#watcher!.partitions)
        checkWatcher(judge, watched, find(watched.topic, watched.partition));
    return problems;
  }
}

function startBroker(dataDir: string, nodeFlags: readonly string[]): Promise<BrokerProcess> {
  return BrokerProcess.start({ main: brokerMain, args: ['--data-dir', dataDir, ...maintenance], nodeFlags });
}

function failOn(actors: readonly Actor[]): void {
  const errors = actors.flatMap(({ unexpected }) => unexpected);
  if (errors.length > 0)
    throw new AggregateError(errors, `${errors.length} answers that a kill does not explain: ${String(errors[0])}`);
}
