import { fileURLToPath } from 'node:url';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import type { BrokerProcess } from '@q/testkit';
import { buildPrograms } from '../product/build.ts';
import { startProductBroker } from '../product/broker.ts';
import { parseRate, parseSendTimes } from './load-line.ts';
import type { InstalledPeer, Load, LoadResult, Peer, RunningPeer, SendTimes } from './peer.ts';
import { runTool } from './tool.ts';
import type { ToolRun } from './tool.ts';

type TopicDurability = 'fsync' | 'interval' | 'os';

const loadProgram = fileURLToPath(new URL('q-load.ts', import.meta.url));

/**
 * The product, measured in the same way as its peers. Of them, only Redis syncs by default, and RabbitMQ never does.
 */
export const product: Peer = {
  ...productWith('os'),
  name: 'q',
  acknowledgement: {
    fsync: 'written and fsynced, once for all batches that wait (its default)',
    default: 'in the page cache (durability os)',
  },
};

/** Beside it, for comparison with what syncs now and then. */
export const productInterval: Peer = {
  ...productWith('interval'),
  name: 'q, interval',
  // It is here for what a record costs; that partitions are no burden the other rows tell.
  hasPartitions: false,
  acknowledgement: { default: 'in the page cache, synced within 100 ms (durability interval)' },
};

function productWith(byDefault: TopicDurability): Omit<Peer, 'name' | 'acknowledgement'> {
  return {
    hasPartitions: true,
    settings:
      'all defaults but the durability of the topic; enqueue, ready and flush; whole batches read; awaited sends: one send at a time',
    expected: { fsync: { records: 800_000, sends: 2000 }, default: { records: 1_000_000, sends: 4000 } },
    install: async () => {
      await buildPrograms();
      return {
        version: 'this checkout',
        start: ({ folder, durability }) => start(folder, durability === 'fsync' ? 'fsync' : byDefault),
      } satisfies InstalledPeer;
    },
  };
}

async function start(folder: string, durability: TopicDurability): Promise<RunningPeer> {
  const broker = await startProductBroker(folder);
  return new RunningProduct({ broker, admin: await connect(broker.url), durability });
}

class RunningProduct implements RunningPeer {
  readonly #broker: BrokerProcess;
  readonly #admin: Q;
  readonly #durability: TopicDurability;

  constructor(parts: { broker: BrokerProcess; admin: Q; durability: TopicDurability }) {
    this.#broker = parts.broker;
    this.#admin = parts.admin;
    this.#durability = parts.durability;
  }

  get pid(): number {
    return this.#broker.pid;
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    await this.#admin.admin.createTopic(topic, { partitions, config: { durability: this.#durability } });
  }

  async produce(topic: string, load: Load): Promise<LoadResult> {
    const { output, cost } = await this.#load('produce', topic, load);
    return { recordsPerSecond: parseRate(output), client: cost };
  }

  async consume(topic: string, load: Load): Promise<LoadResult> {
    const { output, cost } = await this.#load('consume', topic, load);
    return { recordsPerSecond: parseRate(output), client: cost };
  }

  async awaitedSends(topic: string, load: Load): Promise<SendTimes> {
    return parseSendTimes((await this.#load('single', topic, load)).output);
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#admin.admin.deleteTopic(topic);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.close();
    await this.#broker.stop();
  }

  #load(work: string, topic: string, { records, valueBytes }: Load): Promise<ToolRun> {
    const args = [
      '--conditions=@q/source',
      loadProgram,
      work,
      this.#broker.url,
      topic,
      String(records),
      String(valueBytes),
    ];
    return runTool({ program: process.execPath, args });
  }
}
