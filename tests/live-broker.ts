import { fileURLToPath } from 'node:url';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { BrokerProcess } from '@q/testkit';
import { residentBytes } from './resident-memory.ts';

const brokerMain = fileURLToPath(new URL('../apps/broker/src/main.ts', import.meta.url));
const topic = 'honest';
const partitions = 2;
/** So that the honest client proves something without filling the machine. */
const pauseMs = 5;
/** How long an honest request may take: generous, as the machine is shared. It shows hangs, not slowness. */
const honestMsMax = 20_000;

/** What the honest client saw. */
export interface HonestAccount {
  readonly acknowledged: number;
  readonly read: number;
  /** Empty unless something was refused, lost, repeated or late. */
  readonly troubles: readonly string[];
}

/**
 * A broker in a process of its own that is being abused, with its memory watched, and an honest client that produces
 * and consumes all the while and must notice nothing.
 *
 * Invariants: `peakBytes` is the greatest resident memory of the process that was seen since `start`; the honest client
 * keeps one send in flight, so that what it acknowledged and what is read can be compared exactly.
 */
export class LiveBroker implements AsyncDisposable {
  readonly broker: BrokerProcess;
  /** Resident memory with one idle client, before the abuse. */
  readonly idleBytes: number;
  peakBytes: number;
  readonly #q: Q;
  readonly #watch: NodeJS.Timeout;
  readonly #troubles: string[] = [];
  #acknowledged = 0;
  #slowestMs = 0;
  #isStopping = false;
  #working: Promise<void> = Promise.resolve();

  private constructor(broker: BrokerProcess, q: Q) {
    this.broker = broker;
    this.#q = q;
    this.idleBytes = this.peakBytes = residentBytes(broker.pid);
    this.#watch = setInterval(() => this.#look(), 50);
    this.#watch.unref();
  }

  static async start(args: readonly string[] = []): Promise<LiveBroker> {
    const broker = await BrokerProcess.start({ main: brokerMain, args: ['--storage', 'memory', ...args] });
    try {
      const q = await connect(broker.url, { retry: { maxMs: 100 } });
      await q.admin.createTopic(topic, { partitions });
      const live = new LiveBroker(broker, q);
      live.#working = live.#work();
      return live;
    } catch (error) {
      await broker.kill();
      throw error;
    }
  }

  get slowestMs(): number {
    return Math.round(this.#slowestMs);
  }

  /** Stops the honest client, reads back all that it has sent, and tells. */
  async account(): Promise<HonestAccount> {
    this.#isStopping = true;
    await this.#working;
    const values: string[] = [];
    for await (const { value } of this.#q.consumer(topic, { from: 'earliest', stopAtEnd: true }))
      values.push(value!.toString());
    const unique = new Set(values);
    if (unique.size !== values.length) this.#troubles.push(`${values.length - unique.size} records are there twice`);
    for (let number = 0; number < this.#acknowledged; number += 1) {
      if (!unique.has(`n${number}`)) this.#troubles.push(`record n${number} was acknowledged and is not there`);
    }
    // Its own mistakes a broker writes down.
    const faults = this.broker.log
      .split('\n')
      .filter((line) => line.includes('request failed') || line.includes('could not be served'));
    for (const fault of faults)
      this.#troubles.push(`the broker failed in a way that it did not foresee: ${fault.slice(0, 500)}`);
    return { acknowledged: this.#acknowledged, read: values.length, troubles: this.#troubles };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#watch);
    await this.#q.close({ timeoutMs: 0 });
    await this.#working;
    await this.broker.kill();
  }

  async #work(): Promise<void> {
    const producer = this.#q.producer();
    while (!this.#isStopping) {
      const startedAt = performance.now();
      try {
        await producer.send(topic, { value: `n${this.#acknowledged}` });
        this.#acknowledged += 1;
      } catch (error) {
        if (!this.#isStopping) this.#troubles.push(`send ${this.#acknowledged} failed: ${String(error)}`);
        return;
      }
      const elapsedMs = performance.now() - startedAt;
      this.#slowestMs = Math.max(this.#slowestMs, elapsedMs);
      if (elapsedMs > honestMsMax) this.#troubles.push(`send ${this.#acknowledged} took ${Math.round(elapsedMs)} ms`);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  #look(): void {
    this.peakBytes = Math.max(this.peakBytes, residentBytes(this.broker.pid));
  }
}
