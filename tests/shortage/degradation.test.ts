// Each shortage from a healthy broker to one that does less, and back: reads go on, writes are refused with an error
// that says when to come again, a client that waits for it succeeds in the end, and everybody tells of it.
import { adminExtension } from '@q/admin';
import { startBroker } from '@q/broker';
import type { Broker, BrokerOptions } from '@q/broker';
import { connect } from '@q/client';
import type { Q, SendResult } from '@q/client';
import { encodeBatch, errorEntry, Produce } from '@q/protocol';
import type { ProduceResponse } from '@q/protocol';
import { FaultyFileSystem } from '@q/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WireConnection } from '../wire-connection.ts';
import { clusterHealth, everybody, nobody, toldOf } from './tellers.ts';

const KiB = 1 << 10;
const plenty = 1 << 30;
const waiting = { timeout: 10_000, interval: 20 };

class Scene {
  readonly disk = new FaultyFileSystem({ capacityBytes: plenty });
  readonly lines: object[] = [];
  broker!: Broker;
  q!: Q;
  /** Whoever writes more than fits waits on its own connection, with all that it asks for. */
  reader!: Q;
  wire!: WireConnection;
  #topicId = '';

  static async begin(options: BrokerOptions = {}): Promise<Scene> {
    const scene = new Scene();
    const say = (line: object): void => void scene.lines.push(line);
    scene.broker = await startBroker({
      storage: 'file',
      dataDir: '/data',
      fileSystem: scene.disk,
      port: 0,
      // Without a journal each write goes to its segment, where faults are planned.
      storageLimits: { journalFiles: 0, diskReserveBytes: 64 * KiB, reserveFileBytes: 0 },
      admin: { port: 0, extension: adminExtension() },
      logger: { debug: say, info: say, warn: say, error: say },
      alerts: { clearAfterMs: 2_000, raiseAfterMs: 0, diskStuckMs: 200, diskLowPercent: 1 },
      ...options,
      limits: { healthIntervalMs: 20, maintenanceIntervalMs: 20, ...options.limits },
    });
    scene.q = await connect(scene.broker.url, { retry: { maxMs: 100 } });
    scene.reader = await connect(scene.broker.url);
    scene.wire = await WireConnection.open(scene.broker.url);
    scene.#topicId = (await scene.wire.createTopic('orders')).topicId;
    await scene.send('before');
    onTestFinished(async () => {
      await Promise.all([scene.q.close(), scene.reader.close()]);
      await scene.wire[Symbol.asyncDispose]();
      await scene.broker.close({ timeoutMs: 1_000 });
    });
    return scene;
  }

  send(value: string): Promise<SendResult> {
    return this.q.producer({ compression: 'none' }).send('orders', { value });
  }

  /** What a write is answered with. */
  async write(bytes = 100): Promise<{ error: string; retryAfterMs: number }> {
    const records = encodeBatch([{ value: Buffer.alloc(bytes), timestampMs: Date.now() }]);
    const partitions = [{ partition: 0, leaderEpoch: -1, records }];
    const topics = [{ topicId: this.#topicId, partitions }];
    const body = { timeoutMs: 5_000, topics, traceContexts: [] };
    try {
      const answer: ProduceResponse = await this.wire.call(Produce, body, 1);
      const { errorCode } = answer.topics[0]!.partitions[0]!;
      return { error: errorEntry(errorCode).name, retryAfterMs: answer.retryAfterMs };
    } catch (error) {
      const { code, details } = error as { code: string; details: { retryAfterMs?: number } };
      return { error: code, retryAfterMs: details.retryAfterMs ?? 0 };
    }
  }

  /** Everything that can be read. */
  async read(): Promise<string[]> {
    const values: string[] = [];
    for await (const { value } of this.reader.consumer('orders', { from: 'earliest', stopAtEnd: true }))
      values.push(value!.toString().slice(0, 10));
    return values;
  }

  async isTold(alert: string): Promise<void> {
    await vi.waitFor(async () => expect(await toldOf(this.broker, alert, this.lines)).toEqual(everybody), waiting);
    const { code, text } = await clusterHealth(this.broker);
    expect(text).toContain(alert);
    expect(code).toBe(1);
  }

  async isWell(alert: string): Promise<void> {
    await vi.waitFor(async () => expect(await toldOf(this.broker, alert, this.lines)).toEqual(nobody), waiting);
    expect(await clusterHealth(this.broker)).toEqual({ code: 0, text: 'healthy\n' });
  }
}

describe(
  'a broker that is short of something does what it can, says so, and is well again by itself',
  { timeout: 60_000 },
  () => {
    it('O4 Q2 S2 a full disk', async () => {
      const scene = await Scene.begin();
      await scene.isWell('disk.full');
      scene.disk.capacityBytes = scene.disk.usedBytes;
      await vi.waitFor(
        async () => expect(await scene.write()).toEqual({ error: 'STORAGE_FULL', retryAfterMs: 1_000 }),
        waiting,
      );
      const sending = scene.send('patient');
      await scene.isTold('disk.full');
      expect(await scene.read()).toEqual(['before']);
      scene.disk.capacityBytes = plenty;
      expect((await sending).offset).toBeGreaterThan(0);
      await scene.isWell('disk.full');
    });

    it('O4 Q2 a disk that hangs', async () => {
      const scene = await Scene.begin();
      await scene.isWell('disk.stuck');
      const hold = scene.disk.hold('datasync');
      const first = scene.send('first');
      await hold.reached;
      await vi.waitFor(
        async () => expect(await scene.write()).toEqual({ error: 'BROKER_BUSY', retryAfterMs: 1_000 }),
        waiting,
      );
      const sending = scene.send('patient');
      await scene.isTold('disk.stuck');
      expect(await scene.read()).toEqual(['before']);
      hold.release();
      expect((await first).offset).toBe(1);
      await sending;
      expect(await scene.read()).toContain('patient');
      await scene.isWell('disk.stuck');
    });

    it('O4 Q2 memory for requests', async () => {
      const scene = await Scene.begin({
        alerts: { clearAfterMs: 2_000, raiseAfterMs: 0, diskLowPercent: 1 },
        topicDefaults: { 'max.message.bytes': `${128 * KiB}` },
        limits: {
          frameBytesMax: 256 * KiB,
          fetchBytesMax: 128 * KiB,
          connectionBytesMax: 512 * KiB,
          brokerBytesMax: 512 * KiB,
          brokerBytesHardMax: 512 * KiB,
        },
      });
      await scene.isWell('memory.over');
      const hold = scene.disk.hold('datasync');
      const sends = Array.from({ length: 12 }, (_, index) => scene.send(`${index}`.padEnd(100 * KiB)));
      await hold.reached;
      await vi.waitFor(
        async () => expect(await scene.write()).toEqual({ error: 'BROKER_BUSY', retryAfterMs: 250 }),
        waiting,
      );
      await scene.isTold('memory.over');
      expect(await scene.read()).toEqual(['before']);
      hold.release();
      expect(await Promise.all(sends)).toHaveLength(12);
      await scene.isWell('memory.over');
    });

    it('O4 Q2 files that may be open', async () => {
      const scene = await Scene.begin();
      await scene.isWell('descriptors.short');
      scene.disk.fail({ operation: 'write', code: 'EMFILE', times: 1_000_000 });
      await vi.waitFor(
        async () => expect(await scene.write()).toEqual({ error: 'STORAGE_FULL', retryAfterMs: 1_000 }),
        waiting,
      );
      const sending = scene.send('patient');
      await scene.isTold('descriptors.short');
      expect(await scene.read()).toEqual(['before']);
      scene.disk.faults.clear();
      await sending;
      expect(await scene.read()).toContain('patient');
      await scene.isWell('descriptors.short');
    });
  },
);
