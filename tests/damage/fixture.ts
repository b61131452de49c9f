import { startBroker } from '@q/broker';
import type { BrokerOptions } from '@q/broker';
import { CreateTopic, DeleteRecords, encodeBatch, ListTopics, messageIdHeader, Produce } from '@q/protocol';
import type { CodecName, EncodeBatchOptions, RecordInput } from '@q/protocol';
import { defaultLogConfig, MemoryFileSystem } from '@q/storage';
import type { LogConfig, LogId, StorageLimits } from '@q/storage';
import { ManualClock, seededRandom } from '@q/testkit';
import { dataDir, readFolder } from './folder.ts';
import type { Folder } from './folder.ts';
import { InProcessNetwork } from './in-process-network.ts';
import type { InProcessClient } from './in-process-network.ts';

/** What must be found in one log of the folder. */
export interface LogFacts {
  readonly id: LogId;
  readonly config: LogConfig;
  /** Below it, records were deleted on purpose. */
  readonly startOffset: number;
  /** Every record from there on was acknowledged. */
  readonly endOffset: number;
  /** Up to here the log was synced and checkpointed when the image was taken. */
  readonly recoveryPoint: number;
}

/** One data folder, taken at one moment of a broker's life. */
export interface Image {
  /** `clean`: after a shutdown in order. `crashed`: two thirds of the way, with records behind the last checkpoint. */
  readonly name: 'clean' | 'crashed';
  readonly folder: Folder;
  readonly logs: readonly LogFacts[];
}

export const timeOfFirstRecordMs = 1_700_000_000_000;
export const nowMs: number = timeOfFirstRecordMs + 600_000;
const segmentBytes = 1_024;
const indexIntervalBytes = 128;
const deletedBelow = 3;

const dedupWindowMs = 3_600_000;
const plainConfig: LogConfig = { ...defaultLogConfig, segmentBytes, indexIntervalBytes, retentionMs: -1 };
const ordersConfig: LogConfig = { ...plainConfig, dedupWindowMs };
const tableConfig: LogConfig = {
  ...plainConfig,
  cleanupPolicy: { delete: false, compact: true },
  minCleanableDirtyRatio: 0,
};
const common = {
  'segment.bytes': String(segmentBytes),
  'index.interval.bytes': String(indexIntervalBytes),
  'retention.ms': '-1',
};
const topics: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  orders: { ...common, 'dedup.window.ms': String(dedupWindowMs) },
  table: { ...common, 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0' },
};

/** A journal from the first round on, of one small file: it is part of what is damaged. */
export const storageLimits: Partial<StorageLimits> = {
  journalFiles: 1,
  journalFileBytes: 16 << 10,
  journalPieceBytesMax: 4 << 10,
  journalMissesBefore: 0,
};

/** As the broker of the fixture is started, also on damaged copies of what it left. */
export function brokerOptions(o: {
  fileSystem: MemoryFileSystem;
  network: InProcessNetwork;
  clock: ManualClock;
}): BrokerOptions {
  return { ...o, dataDir, admin: false, port: 0, random: seededRandom(7), storageLimits };
}

/**
 * Makes the images with the real broker: two topics, one of them compacted, of three segments each; two idempotent
 * producers, every codec, deleted records; and all the files that go with them. Everything is deterministic.
 */
export async function makeImages(): Promise<Image[]> {
  const disk = new MemoryFileSystem();
  const first = await FixtureLife.start(disk);
  await first.createTopics();
  await first.produce({ from: 0, to: 24 });
  await first.deleteRecords();
  await first.compact();
  await first.close();
  const ends = first.ends;
  const second = await FixtureLife.start(disk, first);
  await second.produce({ from: 24, to: 34 });
  const crashed = second.image('crashed', await readFolder(disk), ends);
  await second.close();
  const clean = second.image('clean', await readFolder(disk), second.ends);
  return [clean, crashed];
}

type Ends = Readonly<Record<string, number>>;

class FixtureLife {
  readonly #broker: Awaited<ReturnType<typeof startBroker>>;
  readonly #client: InProcessClient;
  readonly #clock: ManualClock;
  readonly #ids: Map<string, string>;
  readonly #ends: Map<string, number>;

  private constructor(o: {
    broker: Awaited<ReturnType<typeof startBroker>>;
    client: InProcessClient;
    clock: ManualClock;
    before: FixtureLife | undefined;
  }) {
    this.#broker = o.broker;
    this.#client = o.client;
    this.#clock = o.clock;
    this.#ids = new Map(o.before === undefined ? [] : o.before.#ids);
    this.#ends = new Map(o.before === undefined ? [] : o.before.#ends);
  }

  static async start(fileSystem: MemoryFileSystem, before?: FixtureLife): Promise<FixtureLife> {
    const network = new InProcessNetwork();
    const clock = new ManualClock({ startMs: nowMs });
    const broker = await startBroker(brokerOptions({ fileSystem, network, clock }));
    return new FixtureLife({ broker, client: await network.connect(), clock, before });
  }

  get ends(): Ends {
    return Object.fromEntries(this.#ends);
  }

  async createTopics(): Promise<void> {
    for (const [name, settings] of Object.entries(topics)) {
      const configs = Object.entries(settings).map(([key, value]) => ({ key, value }));
      const { topicId } = await this.#client.call(CreateTopic, {
        name,
        partitions: 1,
        replicas: 1,
        configs,
        validateOnly: false,
      });
      this.#ids.set(name, topicId);
    }
  }

  /** Batch number n goes to both topics. */
  async produce(o: { from: number; to: number }): Promise<void> {
    for (let number = o.from; number < o.to; number += 1) {
      for (const name of Object.keys(topics))
        await this.#append(name, name === 'orders' ? orderBatch(number) : tableBatch(number));
    }
  }

  async #append(name: string, records: Buffer): Promise<void> {
    const partitions = [{ partition: 0, leaderEpoch: -1, records }];
    const answer = await this.#client.call(Produce, {
      timeoutMs: 1_000,
      traceContexts: [],
      topics: [{ topicId: this.#ids.get(name)!, partitions }],
    });
    const produced = answer.topics[0]!.partitions[0]!;
    if (produced.errorCode !== 0) throw new Error(`the fixture cannot be made: ${produced.errorMessage}`);
    this.#ends.set(name, produced.baseOffset + records.readInt32BE(23) + 1);
  }

  async deleteRecords(): Promise<void> {
    await this.#client.call(DeleteRecords, {
      name: 'orders',
      partitions: [{ partition: 0, beforeOffset: deletedBelow }],
    });
  }

  /** A round of maintenance; its end shows in nothing but the files, so the listing of topics is asked behind it. */
  async compact(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await this.#clock.advance(11_000);
      await this.#client.call(ListTopics, { includeInternal: true });
    }
  }

  async close(): Promise<void> {
    this.#client.close();
    await this.#broker.close();
  }

  image(name: Image['name'], folder: Folder, recoveryPoints: Ends): Image {
    const facts = (topic: string, config: LogConfig, startOffset: number): LogFacts => ({
      id: { topic, topicId: this.#ids.get(topic)!, partition: 0 },
      config,
      startOffset,
      endOffset: this.#ends.get(topic)!,
      recoveryPoint: recoveryPoints[topic]!,
    });
    return { name, folder, logs: [facts('orders', ordersConfig, deletedBelow), facts('table', tableConfig, 0)] };
  }
}

const codecs: readonly CodecName[] = ['none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** One or two records from one of two idempotent producers. */
function orderBatch(number: number): Buffer {
  const producer: EncodeBatchOptions = {
    producerId: 500 + (number & 1),
    producerEpoch: 0,
    baseSequence: (number >> 1) * 2,
  };
  const records = [0, 1].map((index) => ({
    ...record(number, index),
    key: `order-${number}`,
    headers: [
      { key: 'n', value: Buffer.from([number]) },
      { key: messageIdHeader, value: Buffer.from(`${number}-${index}`) },
    ],
  }));
  return encodeBatch(records, { ...producer, codec: codecs[number % codecs.length]! });
}

/** Five keys again and again, some never set anew, some removed. */
function tableBatch(number: number): Buffer {
  const key = number % 4 === 1 ? `once-${number}` : `key-${number % 5}`;
  const value = number % 11 === 10 ? null : record(number, 0).value;
  return encodeBatch([
    { ...record(number, 0), key, value: value ?? null },
    { ...record(number, 1), key: `last-${number & 1}` },
  ]);
}

function record(number: number, index: number): RecordInput {
  return {
    value: `value ${number}-${index} `.padEnd(20 + ((number * 7) % 40), '.'),
    timestampMs: timeOfFirstRecordMs + number * 1_000 + index,
  };
}
