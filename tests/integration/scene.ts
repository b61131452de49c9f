import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBroker } from '@q/broker';
import type { Broker, BrokerOptions } from '@q/broker';
import { connect } from '@q/client';
import type { ConnectOptions, Q } from '@q/client';

/** A record as a reader sees it, with texts instead of bytes. */
export interface SeenRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}

/**
 * A broker with file storage in a folder of its own, and a client, connected through a real socket. Everything is
 * closed and removed when the scene is disposed of.
 */
export class Scene implements AsyncDisposable {
  readonly dataDir: string;
  readonly #options: BrokerOptions;
  readonly #extraClients: Q[] = [];
  #broker: Broker;
  #q: Q | null = null;

  private constructor(dataDir: string, parts: { options: BrokerOptions; broker: Broker }) {
    this.dataDir = dataDir;
    this.#options = parts.options;
    this.#broker = parts.broker;
  }

  static async start(options: BrokerOptions = {}): Promise<Scene> {
    const dataDir = await mkdtemp(join(tmpdir(), 'q-scene-'));
    const withDefaults = { port: 0, admin: false, dataDir, ...options } as const;
    try {
      const scene = new Scene(dataDir, { options: withDefaults, broker: await startBroker(withDefaults) });
      scene.#q = await scene.connect();
      return scene;
    } catch (error) {
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  get broker(): Broker {
    return this.#broker;
  }

  /** The client that most of a test talks through. */
  get q(): Q {
    return this.#q!;
  }

  /** A further client; by default to the broker itself, else e.g. through a proxy. */
  async connect(url: string = this.#broker.url, options: ConnectOptions = {}): Promise<Q> {
    const q = await connect(url, { retry: { initialMs: 5, maxMs: 100 }, ...options });
    this.#extraClients.push(q);
    return q;
  }

  /** Stops the broker as it should be stopped, and starts another one on the same folder and port. */
  async restart(options: BrokerOptions = {}): Promise<void> {
    const { port } = this.#broker;
    await this.#broker.close();
    this.#broker = await startBroker({ ...this.#options, ...options, port });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#extraClients.map((q) => q.close({ timeoutMs: 0 })));
    await this.#broker.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** Every record of a topic from the start, in the order of arrival. */
export async function readAll(q: Q, topic: string): Promise<SeenRecord[]> {
  const records: SeenRecord[] = [];
  for await (const { partition, offset, key, value } of q.consumer(topic, { from: 'earliest', stopAtEnd: true })) {
    records.push({ partition, offset, key: key?.toString() ?? null, value: value?.toString() ?? null });
  }
  return records;
}

export async function readValues(q: Q, topic: string): Promise<(string | null)[]> {
  return (await readAll(q, topic)).map(({ value }) => value);
}
