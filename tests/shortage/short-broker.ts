import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { BrokerProcess } from '@q/testkit';

const brokerMain = fileURLToPath(new URL('../../apps/broker/src/main.ts', import.meta.url));
const topic = 'short';
const deliveryTimeoutMs = 5_000;
/** A stop that hangs is a failure like any other. */
const endMsMax = 60_000;

export interface StartOptions {
  /** Lowers a limit, and becomes the broker. */
  readonly through?: readonly string[];
  readonly nodeFlags?: readonly string[];
  readonly startTimeoutMs?: number;
}

/**
 * One data folder, the brokers that serve it one after the other, and what they have acknowledged.
 *
 * Invariant: `#acknowledged` holds the value of each record that a broker has acknowledged, and by `compare` each of
 * them is read, once.
 */
export class ShortBroker implements AsyncDisposable {
  readonly folder: string;
  readonly #acknowledged = new Set<string>();
  #sent = 0;
  #partitions = 0;
  #running: BrokerProcess | null = null;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** `owner`: the user that the broker runs as. */
  static async make(owner?: number): Promise<ShortBroker> {
    const folder = await mkdtemp(join(tmpdir(), 'q-shortage-'));
    await chmod(folder, 0o755);
    if (owner !== undefined) await chown(folder, owner, owner);
    return new ShortBroker(folder);
  }

  get broker(): BrokerProcess {
    if (this.#running === null) throw new Error('no broker is running');
    return this.#running;
  }

  async start(o: StartOptions = {}): Promise<BrokerProcess> {
    return (this.#running = await BrokerProcess.start({
      ...o,
      main: brokerMain,
      args: ['--data-dir', join(this.folder, 'data')],
    }));
  }

  /** SIGTERM; why the broker did not stop in order, or null. */
  async stop(): Promise<string | null> {
    const { broker } = this;
    const late = AbortSignal.timeout(endMsMax);
    const ended = await Promise.race([
      broker.stop(),
      new Promise<null>((resolve) => late.addEventListener('abort', () => resolve(null))),
    ]);
    if (ended === null) await broker.kill();
    this.#running = null;
    if (ended === null) return `it did not stop within ${endMsMax} ms`;
    return ended.code === 0
      ? null
      : `it stopped with ${ended.code ?? ended.signal}:\n${broker.log.split('\n').slice(-5).join('\n')}`;
  }

  /** SIGTERM; null where it has ended in time, clean or with a line that says why not. */
  async ends(withinMs: number): Promise<string | null> {
    const { broker } = this;
    const late = AbortSignal.timeout(withinMs);
    const ended = await Promise.race([
      broker.stop(),
      new Promise<null>((resolve) => late.addEventListener('abort', () => resolve(null))),
    ]);
    if (ended === null) await broker.kill();
    this.#running = null;
    if (ended === null) return `it did not end within ${withinMs} ms`;
    if (ended.code === 0 || (ended.code === 1 && broker.log.includes('could not stop cleanly'))) return null;
    return `it ended with ${ended.code ?? ended.signal}:\n${broker.log.split('\n').slice(-5).join('\n')}`;
  }

  async kill(): Promise<void> {
    await this.broker.kill();
    this.#running = null;
  }

  async createTopic(partitions: number): Promise<void> {
    this.#partitions = partitions;
    await using q = await connect(this.broker.url);
    await q.admin.createTopic(topic, { partitions });
  }

  /**
   * One record to each partition, of at least so many bytes, all at once or `inTurn`. Returns the codes of those that
   * were refused.
   */
  async write(q: Q, { bytes = 0, inTurn = false }: { bytes?: number; inTurn?: boolean } = {}): Promise<string[]> {
    await using producer = q.producer({ deliveryTimeoutMs });
    const refusals: string[] = [];
    const sendTo = async (partition: number): Promise<void> => {
      const value = `${this.#sent++}`;
      try {
        await producer.send(topic, { partition, value: value.padEnd(bytes) });
        this.#acknowledged.add(value);
      } catch (error) {
        refusals.push((error as { code?: string }).code ?? String(error));
      }
    };
    const sends: Promise<void>[] = [];
    for (let partition = 0; partition < this.#partitions; partition += 1) {
      const sending = sendTo(partition);
      if (inTurn) await sending;
      else sends.push(sending);
    }
    await Promise.all(sends);
    return refusals;
  }

  /** As `write`, with a client of its own; what was refused, in words. */
  async writeAll(): Promise<string | null> {
    await using q = await connect(this.broker.url);
    const refusals = await this.write(q);
    return refusals.length === 0
      ? null
      : `${refusals.length} of ${this.#partitions} writes were refused: ${[...new Set(refusals)].join(', ')}`;
  }

  /** What was acknowledged and is not there, or is there twice, in words. */
  async compare(): Promise<string | null> {
    await using q = await connect(this.broker.url);
    const found = new Map<string, number>();
    for await (const { value } of q.consumer(topic, { from: 'earliest', stopAtEnd: true })) {
      const text = value!.toString().trimEnd();
      found.set(text, (found.get(text) ?? 0) + 1);
    }
    const lost = [...this.#acknowledged].filter((value) => !found.has(value)).length;
    const twice = [...found.values()].filter((times) => times > 1).length;
    return lost + twice === 0
      ? null
      : `of ${this.#acknowledged.size} acknowledged records ${lost} are lost, and ${twice} are there twice`;
  }

  /** Files and connections that the broker has open. */
  async descriptors(): Promise<number> {
    return (await readdir(`/proc/${this.broker.pid}/fd`)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
