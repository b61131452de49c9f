import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { BrokerProcess, findViolations, formatLog, History, seededRandom, TcpProxy } from '@q/testkit';
import type { ReadRecord, SeededRandom, Violation } from '@q/testkit';
import { ProducerLoad } from './producer-load.ts';
import { ResentBatch } from './resent-batch.ts';

const brokerMain = fileURLToPath(new URL('../../apps/broker/src/main.ts', import.meta.url));
const topic = 'crash';
const partitions = 3;
const acksBeforeKillMax = 3000;
const killDelayMsMax = 20;
const acksTimeoutMs = 30_000;
/** Small segments, so that crashes hit rolls, several segments and their indexes too. */
const topicConfig = { 'segment.bytes': '1048576' };

/**
 * Kills one broker again and again under load, always on the same folder.
 *
 * Two kinds of producers write at once. The lasting ones reach the broker through a proxy and live as long as the run:
 * what a crash cuts off they send again to the next broker, and in the end every one of their records must be there
 * once. The passing ones die with their broker, so that what was not acknowledged stays unknown.
 *
 * Invariant: while the records are read and checked, the proxy lets no producer through, so the history stands still.
 */
export class CrashRun implements AsyncDisposable {
  readonly history = new History();
  readonly #random: SeededRandom;
  readonly #dataDir: string;
  readonly #proxy: TcpProxy;
  #broker: BrokerProcess;
  #resent: ResentBatch | null = null;
  #lastingClient: Q | null = null;
  #lasting: ProducerLoad | null = null;
  #cycle = 0;

  private constructor(parts: { seed: number; dataDir: string; broker: BrokerProcess; proxy: TcpProxy }) {
    this.#random = seededRandom(parts.seed);
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
    const acknowledgedAtKill = this.history.acknowledgedCount + this.#random.between(1, acksBeforeKillMax);
    await this.#acknowledged(acknowledgedAtKill);
    await sleep(this.#random.next() * killDelayMsMax);
    await this.#broker.kill();
    this.#proxy.refuse();
    this.#proxy.cut();
    const stopped = passing.stop();
    await client.close({ timeoutMs: 0 });
    await stopped;
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
  async check(): Promise<Violation[]> {
    const violations = findViolations(this.history, { records: await this.#readAll() });
    await this.#resent!.resendThenSend(this.#broker.url);
    return violations;
  }

  /** Lets the lasting producers finish: each of their sends must end in an acknowledgement. */
  async finish(): Promise<void> {
    this.#proxy.accept();
    await this.#lasting!.stop();
    failOn(this.#lasting!.unexpected);
    await this.#lastingClient!.close();
    this.#proxy.refuse();
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
      if (Date.now() > deadlineMs) throw new Error(`only ${this.history.acknowledgedCount} of ${count} acknowledgements came\n${this.brokerLog}`);
      await sleep(1);
    }
  }

  async #prepare(): Promise<void> {
    await using q = await connect(this.#broker.url);
    await q.admin.createTopic(topic, { partitions, config: topicConfig });
    this.#resent = await ResentBatch.create(this.#broker.url);
    this.#lastingClient = await connect(this.#proxyUrl, { retry: { maxMs: 100 } });
    this.#lasting = this.#load(this.#lastingClient, 'lasting');
  }

  #load(q: Q, name: string): ProducerLoad {
    return ProducerLoad.start({ producer: q.producer(), name, topic, partitions, history: this.history, random: this.#random.fork() });
  }

  async #readAll(): Promise<ReadRecord[]> {
    await using q = await connect(this.#broker.url);
    const records: ReadRecord[] = [];
    for await (const { partition, offset, value } of q.consumer(topic, { from: 'earliest', stopAtEnd: true })) {
      records.push({ log: formatLog(topic, partition), offset, value: value!.toString() });
    }
    return records;
  }
}

function startBroker(dataDir: string): Promise<BrokerProcess> {
  return BrokerProcess.start({ main: brokerMain, args: ['--data-dir', dataDir] });
}

function failOn(errors: readonly unknown[]): void {
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} sends failed in a way that a crash does not explain`);
}
