import { startBroker } from '@q/broker';
import { CreateTopic, encodeBatch, Fetch, iterateBatches, iterateRecords, Ping, Produce } from '@q/protocol';
import { FaultyFileSystem, ManualClock, seededRandom } from '@q/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from './failing-disk-rig.ts';
import { dataDir } from './folder.ts';
import { InProcessNetwork } from './in-process-network.ts';
import type { InProcessClient } from './in-process-network.ts';

const seed = Number(process.env['DISK_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

it(
  `S2 B8 no failing operation of the disk loses what was acknowledged, seed ${seed}`,
  { timeout: 180_000 },
  async () => {
    const report = await run({ seed, stride: 1 });
    expect(report.failures).toEqual([]);
    expect(report.runs).toBeGreaterThan(400);
    for (const outcome of ['refused', 'ended', 'went on', 'not reached'])
      expect(report.notes).toHaveProperty([outcome]);
  },
);

describe('a disk that takes its time', () => {
  async function start(): Promise<{
    disk: FaultyFileSystem;
    connect: () => Promise<InProcessClient>;
    topicId: string;
  }> {
    const [disk, network] = [new FaultyFileSystem(), new InProcessNetwork()];
    const broker = await startBroker({
      fileSystem: disk,
      network,
      dataDir,
      admin: false,
      port: 0,
      clock: new ManualClock(),
      random: seededRandom(1),
    });
    onTestFinished(() => broker.close());
    const client = await network.connect();
    const { topicId } = await client.call(CreateTopic, {
      name: 'slow',
      partitions: 1,
      replicas: 1,
      configs: [],
      validateOnly: false,
    });
    return { disk, topicId, connect: () => network.connect() };
  }

  async function produce(client: InProcessClient, topicId: string, value: string): Promise<number> {
    const partitions = [{ partition: 0, leaderEpoch: -1, records: encodeBatch([{ value }]) }];
    const { topics } = await client.call(Produce, {
      timeoutMs: 60_000,
      topics: [{ topicId, partitions }],
      traceContexts: [],
    });
    return topics[0]!.partitions[0]!.errorCode;
  }

  async function fetch(client: InProcessClient, topicId: string): Promise<(string | null)[]> {
    const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset: 0, maxBytes: 1_000 }];
    const { topics } = await client.call(Fetch, {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1_000,
      isolation: 0,
      throttleWaitMs: -1,
      topics: [{ topicId, partitions }],
    });
    return [...iterateBatches(topics[0]!.partitions[0]!.records)].flatMap((batch) =>
      [...iterateRecords(batch)].map((record) => record.valueText()),
    );
  }

  it.each(['write', 'datasync'] as const)(
    'S2 B8 pings and fetches are answered while a %s hangs, and nothing is acknowledged before it ends',
    async (operation) => {
      const { disk, connect, topicId } = await start();
      const [writer, reader] = [await connect(), await connect()];
      expect(await produce(writer, topicId, 'first')).toBe(0);
      const hold = disk.hold(operation, /slow-0/);
      let isAcknowledged = false;
      const second = produce(writer, topicId, 'second').then((code) => ((isAcknowledged = true), code));
      await hold.reached;
      for (let round = 0; round < 20; round += 1) {
        await reader.call(Ping, { payload: Buffer.alloc(0) });
        expect(await fetch(reader, topicId)).toEqual(['first']);
      }
      expect(isAcknowledged).toBe(false);
      hold.release();
      expect(await second).toBe(0);
      expect(await fetch(reader, topicId)).toEqual(['first', 'second']);
    },
  );
});
