/** Quotas over real sockets, with time that is driven: what a program of @q/client sees of them. */
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import type { Q, ThrottledEvent } from '@q/client';
import { ManualClock, timeOverSockets } from '@q/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';

interface Scene {
  readonly broker: Broker;
  readonly clock: ManualClock;
  readonly q: Q;
  readonly throttled: ThrottledEvent[];
  readonly during: <T>(promise: Promise<T>) => Promise<{ readonly value: T; readonly ms: number }>;
  readonly quota: (kind: 'producerByteRate' | 'consumerByteRate', perSecond: number | null) => Promise<void>;
}

async function scene(requestTimeoutMs = 30_000): Promise<Scene> {
  const clock = new ManualClock({ startMs: Date.now() });
  const during = <T>(promise: Promise<T>): Promise<{ readonly value: T; readonly ms: number }> =>
    timeOverSockets(clock, promise);
  const throttled: ThrottledEvent[] = [];
  const broker = (await during(startBroker({ storage: 'memory', port: 0, admin: false, clock }))).value;
  const onThrottled = (event: ThrottledEvent): void => void throttled.push(event);
  const q = (await during(connect(broker.url, { clientId: 'app', clock, requestTimeoutMs, onThrottled }))).value;
  onTestFinished(async () => {
    await during(q.close({ timeoutMs: 0 }));
    await during(broker.close());
  });
  await during(q.admin.createTopic('t', { partitions: 1 }));
  return {
    broker,
    clock,
    q,
    throttled,
    during,
    quota: async (kind, perSecond) => {
      await during(broker.quotas.set({ clientId: 'app' }, { changes: new Map([[kind, perSecond]]) }));
    },
  };
}

const value = Buffer.alloc(10_000, 'x');

describe('a program that is beyond its quota', () => {
  it('A3, SEC-13: produces more slowly, in order, and each record once', async () => {
    const { q, throttled, during, quota } = await scene();
    await quota('producerByteRate', 50_000);
    const producer = q.producer({ batchBytesMax: 21_000 });
    const sending = Array.from({ length: 60 }, (_, key) => producer.send('t', { key: String(key), value }));
    const { value: results, ms } = await during(Promise.all(sending));
    expect(results.map(({ offset }) => offset)).toEqual(Array.from({ length: 60 }, (_, at) => at));
    expect(results.some(({ duplicate }) => duplicate)).toBe(false);
    // 600,000 bytes, of which 50,000 are free.
    expect(ms).toBeGreaterThan(10_000);
    expect(ms).toBeLessThan(12_500);
    expect(throttled.length).toBeGreaterThan(5);
    expect(throttled.every(({ request, throttledMs }) => request === 'produce' && throttledMs > 0)).toBe(true);
  });

  it('A3: takes no held answer for one that was lost, however little it waits', async () => {
    const { q, during, quota } = await scene(1_000);
    await quota('producerByteRate', 5_000);
    const producer = q.producer({ batchBytesMax: 21_000 });
    const sending = Array.from({ length: 6 }, (_, key) => producer.send('t', { key: String(key), value }));
    const { value: results } = await during(Promise.all(sending));
    expect(results.map(({ offset, duplicate }) => [offset, duplicate])).toEqual(
      Array.from({ length: 6 }, (_, at) => [at, false]),
    );
  });

  it('A3, SEC-13: reads more slowly, everything and in order, and stays in its group', async () => {
    const { q, throttled, during, quota, clock } = await scene();
    const producer = q.producer({ batchBytesMax: 21_000 });
    await during(Promise.all(Array.from({ length: 40 }, () => producer.send('t', { value }))));
    await quota('consumerByteRate', 20_000);
    const consumer = q.consumer('t', { group: 'g', from: 'earliest', sessionTimeoutMs: 10_000 });
    const lost: unknown[] = [];
    consumer.on('lost', (event) => lost.push(event));
    const offsets: number[] = [];
    const begunAt = clock.monotonic();
    const reading = (async () => {
      for await (const message of consumer) {
        offsets.push(message.offset);
        message.ack();
        if (offsets.length === 40) break;
      }
    })();
    await during(reading);
    expect(offsets).toEqual(Array.from({ length: 40 }, (_, at) => at));
    // 400,000 bytes at 20,000 a second, of which a second's worth is free.
    expect(clock.monotonic() - begunAt).toBeGreaterThan(17_000);
    expect(clock.monotonic() - begunAt).toBeLessThan(23_000);
    expect(lost).toEqual([]);
    expect(throttled.some(({ request }) => request === 'fetch')).toBe(true);
  });

  it('A3: goes on at once when its quota is lifted', async () => {
    const { q, during, quota } = await scene();
    await quota('producerByteRate', 1_000);
    const producer = q.producer();
    await during(producer.send('t', { value: Buffer.alloc(900) }));
    const sending = producer.send('t', { value: Buffer.alloc(8_000) });
    await during(q.admin.listTopics());
    await quota('producerByteRate', null);
    expect((await during(sending)).ms).toBeLessThan(50);
  });
});
