import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { BrokerProcess, findViolations, formatLog, History, seededRandom, TcpProxy } from '@q/testkit';
import type { FinalState, ReadRecord, SeededRandom } from '@q/testkit';
import { compactedLogs, crashTopics } from './crash-topics.ts';
import type { KilledFolder } from './kill-cycles.ts';
import { ProducerLoad } from './producer-load.ts';
import { ResentBatch } from './resent-batch.ts';
import { TopicChurn } from './topic-churn.ts';

const brokerMain = fileURLToPath(new URL('../../apps/broker/src/main.ts', import.meta.url));
const acksBeforeKillMax = 600;
const killDelayMsMax = 20;
const acksTimeoutMs = 30_000;
/** Retention and compaction are at work when the kill comes. */
const maintenance = ['--limit', 'maintenanceIntervalMs=20'];

/**
 * Kills one broker again and again under load, always on the same folder.
 *
 * Two kinds of producers write at once. The lasting ones reach the broker through a proxy and live as long as the run:
 * what a crash cuts off they send again to the next broker, and in the end every one of their records must be there
 * once. The passing ones die with their broker, so that what was not acknowledged stays unknown.
 *
 * Invariant: while the records are read and checked, the proxy lets no producer through, so the history stands still.
 */
export class CrashRun implements KilledFolder {
  readonly history = new History();
  readonly #random: SeededRandom;
  readonly #dataDir: string;
  readonly #proxy: TcpProxy;
  #broker: BrokerProcess;
  #resent: ResentBatch | null = null;
  #lastingClient: Q | null = null;
  #lasting: ProducerLoad | null = null;
  readonly #churn: TopicChurn;
  #cycle = 0;

  private constructor(parts: { seed: number; dataDir: string; broker: BrokerProcess; proxy: TcpProxy }) {
    this.#random = seededRandom(parts.seed);
    this.#churn = new TopicChurn(this.#random.fork());
    this.#dataDir = parts.dataDir;
    this.#broker = parts.broker;
    this.#proxy = parts.proxy;
  }

  static async start(seed: number): Promise<CrashRun> {
    const dataDir = await mkdtemp(join(tmpdir(), 'q-crash-'));
    const broker = await startBroker(dataDir).catch(async (error: unknown) => {
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    });
    const proxy = await TcpProxy.start({ host: '127.0.0.1', port: broker.port });
    const run = new CrashRun({ seed, dataDir, broker, proxy });
    await run.#prepare();
    return run;
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  get brokerLog(): string {
    return this.#broker.log;
  }

  /** Load, SIGKILL at a moment of chance, start again. */
  async crash(): Promise<void> {
    this.#cycle += 1;
    this.#proxy.accept();
    const client = await connect(this.#proxyUrl);
    const passing = this.#load(client, `passing-${this.#cycle}`);
    const churning = this.#churn.run(client.admin);
    const acknowledgedAtKill = this.history.acknowledgedCount + this.#random.between(1, acksBeforeKillMax);
    await this.#acknowledged(acknowledgedAtKill);
    await sleep(this.#random.next() * killDelayMsMax);
    await this.#broker.kill();
    this.#proxy.refuse();
    this.#proxy.cut();
    const stopped = passing.stop();
    await client.close({ timeoutMs: 0 });
    await stopped;
    await churning;
    failOn(passing.unexpected);
    await this.restart();
  }

  async restart(): Promise<void> {
    this.#broker = await startBroker(this.#dataDir);
    this.#proxy.retarget({ host: '127.0.0.1', port: this.#broker.port });
  }

  /** Kills the broker while nothing is being sent. */
  async killIdle(): Promise<void> {
    this.#proxy.refuse();
    this.#proxy.cut();
    await this.#broker.kill();
  }

  /** Reads everything from the start, past the proxy, and compares. Then proves that producing goes on (P4). */
  async check(): Promise<string[]> {
    await using q = await connect(this.#broker.url);
    const violations = findViolations(this.history, await readAll(q)).map((violation) => JSON.stringify(violation));
    const wrongs = await this.#churn.wrongs(q.admin);
    await this.#resent!.resendThenSend(this.#broker.url);
    return [...violations, ...wrongs];
  }

  get counts(): KilledFolder['counts'] {
    return {
      'records acknowledged': this.history.acknowledgedCount,
      'topics created and deleted': this.#churn.changes,
    };
  }

  /** Lets the lasting producers finish: each of their sends must end in an acknowledgement. */
  async finish(): Promise<string[]> {
    this.#proxy.accept();
    await this.#lasting!.stop();
    failOn(this.#lasting!.unexpected);
    await this.#lastingClient!.close();
    this.#proxy.refuse();
    return await this.check();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#broker.kill();
    const stopped = this.#lasting?.stop();
    await this.#lastingClient?.close({ timeoutMs: 0 });
    await stopped;
    await this.#proxy.close();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  get #proxyUrl(): string {
    return `q://${this.#proxy.address}`;
  }

  async #acknowledged(count: number): Promise<void> {
    const deadlineMs = Date.now() + acksTimeoutMs;
    while (this.history.acknowledgedCount < count) {
      if (Date.now() > deadlineMs)
        throw new Error(`only ${this.history.acknowledgedCount} of ${count} acknowledgements came\n${this.brokerLog}`);
      await sleep(1);
    }
  }

  async #prepare(): Promise<void> {
    await using q = await connect(this.#broker.url);
    for (const { name, partitions, config } of crashTopics) await q.admin.createTopic(name, { partitions, config });
    this.#resent = await ResentBatch.create(this.#broker.url);
    this.#lastingClient = await connect(this.#proxyUrl, { retry: { maxMs: 100 } });
    this.#lasting = this.#load(this.#lastingClient, 'lasting');
  }

  #load(q: Q, name: string): ProducerLoad {
    return ProducerLoad.start({
      producer: q.producer(),
      name,
      topics: crashTopics,
      history: this.history,
      random: this.#random.fork(),
    });
  }
}

async function readAll(q: Q): Promise<FinalState> {
  const records: ReadRecord[] = [];
  const starts = new Map<string, number>();
  for (const { name } of crashTopics) {
    for await (const { partition, offset, key, value } of q.consumer(name, {
      from: 'earliest',
      stopAtEnd: true,
      onOffsetOutOfRange: 'earliest',
    })) {
      records.push({ log: formatLog(name, partition), offset, value: value!.toString(), key: key?.toString() ?? null });
    }
    // After the reading: what retention took meanwhile may be missing.
    for (const [partition, offset] of Object.entries(await q.admin.listOffsets(name, 'start')))
      starts.set(formatLog(name, Number(partition)), offset);
  }
  return { records, starts, compacted: compactedLogs };
}

function startBroker(dataDir: string): Promise<BrokerProcess> {
  return BrokerProcess.start({ main: brokerMain, args: ['--data-dir', dataDir, ...maintenance] });
}

function failOn(errors: readonly unknown[]): void {
  if (errors.length > 0)
    throw new AggregateError(errors, `${errors.length} sends failed in a way that a crash does not explain`);
}
