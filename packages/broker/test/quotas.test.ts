import { Fetch, Ping } from '@q/protocol';
import type { FetchResponse } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { batchOf, errorOf, testDirectory } from './harness.ts';
import { everyOther, owner, produceOf, quotaScene } from './quota-scene.ts';
import type { QuotaScene } from './quota-scene.ts';
import { RawClient } from './raw-client.ts';

/** About 10,000 bytes. */
const batch = batchOf('x'.repeat(9_900));
const bytes = batch.length;

/** Produces for ten seconds of the driven clock, so many requests at a time; gives the bytes of a second. */
async function rateOf(scene: QuotaScene, inFlight: number): Promise<number> {
  const { clock } = scene;
  let sent = 0;
  const untilMs = clock.monotonic() + 10_000;
  const one = async (): Promise<void> => {
    while (clock.monotonic() < untilMs) {
      await produceOf(scene, batch);
      sent += bytes;
    }
  };
  await scene.during(Promise.all(Array.from({ length: inFlight }, one)));
  return (sent * 1000) / (clock.monotonic() - untilMs + 10_000);
}

function fetchOf(
  { client, topicId }: Pick<QuotaScene, 'client' | 'topicId'>,
  o: { readonly fetchOffset: number; readonly throttleWaitMs?: number; readonly version?: number },
): Promise<FetchResponse> {
  const { fetchOffset, throttleWaitMs = -1, version = Fetch.versions.max } = o;
  const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset, maxBytes: 1 << 20 }];
  const topics = [{ topicId, partitions }];
  const request = { maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, isolation: 0, throttleWaitMs, topics };
  return client.request(Fetch, request, version);
}

/** Uses up what a second has, and one second more. */
async function goBeyond(scene: QuotaScene): Promise<void> {
  await scene.setQuota({ clientId: 'raw' }, 'producerByteRate', bytes);
  const { value, ms } = await scene.during(produceOf(scene, batch));
  expect([value.throttleTimeMs, ms < 50]).toEqual([0, true]);
}

describe('a producer that is beyond its quota', () => {
  it.each([1, 5])('A3, SEC-13: with %i requests at a time produces as much as it may', async (inFlight) => {
    const scene = await quotaScene();
    await scene.setQuota({ clientId: 'raw' }, 'producerByteRate', 100_000);
    // What a second has is there from the beginning.
    await scene.during(Promise.all(Array.from({ length: 11 }, () => produceOf(scene, batch))));
    const rate = await rateOf(scene, inFlight);
    expect(rate).toBeGreaterThan(90_000);
    expect(rate).toBeLessThan(110_000);
  });

  it('A3, SEC-13: is stored at once, answered later, and told for how long', async () => {
    const scene = await quotaScene();
    await goBeyond(scene);
    const held = produceOf(scene, batch);
    const other = await testClientOf(scene);
    const stored = await scene.during(fetchOf({ ...scene, client: other }, { fetchOffset: 1 }));
    expect([stored.value.topics[0]!.partitions[0]!.records.length > 0, stored.ms < 100]).toEqual([true, true]);
    const { value, ms } = await scene.during(held);
    expect(value.throttleTimeMs).toBeGreaterThan(900);
    expect(value.topics[0]!.partitions[0]!.baseOffset).toBe(1);
    expect(ms).toBeGreaterThan(800);
  });

  it('A3: of an older version is held, too', async () => {
    const scene = await quotaScene();
    await goBeyond(scene);
    const { value, ms } = await scene.during(produceOf(scene, batch, { version: 2 }));
    expect([value.throttleTimeMs, value.topics[0]!.partitions[0]!.baseOffset]).toEqual([0, 1]);
    expect(ms).toBeGreaterThan(900);
  });

  it('A3: has its answers in the order of its requests', async () => {
    const scene = await quotaScene();
    await goBeyond(scene);
    const order: number[] = [];
    const all = Array.from({ length: 5 }, async () => {
      const { topics } = await produceOf(scene, batch);
      order.push(topics[0]!.partitions[0]!.baseOffset);
    });
    await scene.during(Promise.all(all));
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  it('A3: never waits for as long as it would give up after', async () => {
    const scene = await quotaScene();
    await goBeyond(scene);
    await scene.during(produceOf(scene, batch, { timeoutMs: 200 }));
    const { ms } = await scene.during(produceOf(scene, batch, { timeoutMs: 200 }));
    expect(ms).toBeLessThan(150);
  });

  it('A3: slows down nobody else, and nothing else of its connection', async () => {
    const scene = await quotaScene();
    await goBeyond(scene);
    const held = Promise.all(Array.from({ length: 5 }, () => produceOf(scene, batch)));
    const ping = await scene.during(scene.client.request(Ping, { payload: Buffer.from('!') }));
    expect(ping.ms).toBeLessThan(50);
    const other = await testClientOf(scene);
    await scene.setQuota({ clientId: 'other' }, 'producerByteRate', bytes);
    for (let times = 0; times < 5; times += 1) {
      const { value, ms } = await scene.during(produceOf({ ...scene, client: other }, batchOf('y')));
      expect([value.throttleTimeMs, ms < 50]).toEqual([0, true]);
    }
    await scene.during(held);
  });

  it('A3, SEC-13: that owes for more than ten seconds is not listened to for two', async () => {
    const scene = await quotaScene();
    await scene.setQuota({ clientId: 'raw' }, 'producerByteRate', bytes / 20);
    const held = produceOf(scene, batch);
    const { ms } = await scene.during(scene.client.request(Ping, { payload: Buffer.alloc(1) }));
    expect(ms).toBeGreaterThan(1_900);
    expect(ms).toBeLessThan(2_100);
    expect((await scene.during(held)).value.throttleTimeMs).toBe(10_000);
  });
});

describe('quotas that change while somebody is held', () => {
  it('A3: a quota that is lifted lets everybody go on at once', async () => {
    const scene = await quotaScene();
    await goBeyond(scene);
    const held = Promise.all([produceOf(scene, batch), produceOf(scene, batch)]);
    await scene.during(scene.client.request(Ping, { payload: Buffer.alloc(1) }));
    await scene.setQuota({ clientId: 'raw' }, 'producerByteRate', null);
    const { value, ms } = await scene.during(held);
    expect(ms).toBeLessThan(50);
    expect(value[0].throttleTimeMs).toBeLessThan(200);
    expect(scene.services.quotas.list({}, owner)).toEqual([]);
    expect(scene.services.throttle.isOn).toBe(false);
  });

  it('A3: a quota that is raised makes them wait for less, one that is lowered not for more', async () => {
    const scene = await quotaScene();
    await goBeyond(scene);
    const held = Promise.all(Array.from({ length: 8 }, () => produceOf(scene, batch)));
    await scene.during(scene.client.request(Ping, { payload: Buffer.alloc(1) }));
    await scene.setQuota({ clientId: 'raw' }, 'producerByteRate', bytes * 4);
    const { ms } = await scene.during(held);
    expect(ms).toBeGreaterThan(900);
    expect(ms).toBeLessThan(1_700);
    const again = produceOf(scene, batch);
    await scene.during(scene.client.request(Ping, { payload: Buffer.alloc(1) }));
    await scene.setQuota({ clientId: 'raw' }, 'producerByteRate', 1);
    expect((await scene.during(again)).ms).toBeLessThan(500);
  });

  it('A3: a quota of the user wins over one of the client id, as Kafka has it', async () => {
    const scene = await quotaScene();
    await goBeyond(scene);
    await scene.setQuota({ user: 'ANONYMOUS' }, 'producerByteRate', bytes * 100);
    expect((await scene.during(produceOf(scene, batch))).ms).toBeLessThan(50);
    await scene.setQuota({ user: 'ANONYMOUS' }, 'producerByteRate', null);
    await scene.setQuota({ address: everyOther }, 'producerByteRate', bytes / 2);
    await scene.setQuota({ clientId: 'raw' }, 'producerByteRate', null);
    await scene.during(produceOf(scene, batch));
    expect((await scene.during(produceOf(scene, batch))).value.throttleTimeMs).toBeGreaterThan(1_000);
  });

  it('A3: a broker that stops lets everybody go on', async () => {
    const scene = await quotaScene();
    await goBeyond(scene);
    const held = produceOf(scene, batch);
    await scene.during(scene.client.request(Ping, { payload: Buffer.alloc(1) }));
    const closing = scene.broker.close();
    const { value, ms } = await scene.during(held);
    expect([value.topics[0]!.partitions[0]!.errorCode, ms < 50]).toEqual([0, true]);
    await scene.during(closing);
  });
});

describe('a consumer that is beyond its quota', () => {
  async function filled(options: Parameters<typeof quotaScene>[0] = {}): Promise<QuotaScene> {
    const scene = await quotaScene(options);
    for (let sent = 0; sent < 150; sent += 1) await scene.during(produceOf(scene, batch));
    await scene.setQuota({ clientId: 'raw' }, 'consumerByteRate', 100_000);
    return scene;
  }

  it.each([1, 4])('A3, SEC-13: with %i requests at a time reads as much as it may', async (inFlight) => {
    const scene = await filled();
    const { clock } = scene;
    const reader = async (): Promise<number> => {
      let [read, fetchOffset] = [0, 0];
      while (clock.monotonic() < untilMs) {
        const { topics } = await fetchOf(scene, { fetchOffset, throttleWaitMs: 2_000 });
        const length = topics[0]?.partitions[0]?.records.length ?? 0;
        read += length;
        fetchOffset = (fetchOffset + Math.round(length / bytes)) % 150;
      }
      return read;
    };
    let untilMs = clock.monotonic() + 1_500;
    await scene.during(Promise.all(Array.from({ length: inFlight }, reader)));
    const begunAt = clock.monotonic();
    untilMs = begunAt + 10_000;
    const { value } = await scene.during(Promise.all(Array.from({ length: inFlight }, reader)));
    const rate = (value.reduce((sum, each) => sum + each) * 1000) / (clock.monotonic() - begunAt);
    expect(rate).toBeGreaterThan(90_000);
    expect(rate).toBeLessThan(110_000);
  });

  it('A3: waits for as long as it said, is told so, and reads nothing twice', async () => {
    const scene = await filled();
    const first = await scene.during(fetchOf(scene, { fetchOffset: 0 }));
    expect(first.value.topics[0]!.partitions[0]!.records.length).toBeLessThanOrEqual(100_000);
    await scene.during(fetchOf(scene, { fetchOffset: 9 }));
    const { value, ms } = await scene.during(fetchOf(scene, { fetchOffset: 18, throttleWaitMs: 300 }));
    expect(value).toEqual({ topics: [], throttleTimeMs: expect.closeTo(300, -2) });
    expect(ms).toBeGreaterThan(290);
    const rest = await scene.during(fetchOf(scene, { fetchOffset: 18, throttleWaitMs: 5_000 }));
    expect(rest.value.topics[0]!.partitions[0]!.records.length).toBeGreaterThan(0);
    expect(rest.value.throttleTimeMs).toBeGreaterThan(300);
  });

  it('A3: waits apart from what is worked on: more of it than may be in flight hold nothing else up', async () => {
    const scene = await filled({ limits: { requestsInFlightMax: 4 } });
    for (let times = 0; times < 3; times += 1) await scene.during(fetchOf(scene, { fetchOffset: 0 }));
    const held = Promise.all(
      Array.from({ length: 10 }, () => fetchOf(scene, { fetchOffset: 0, throttleWaitMs: 1_000 })),
    );
    const { ms } = await scene.during(scene.client.request(Ping, { payload: Buffer.alloc(1) }));
    expect(ms).toBeLessThan(50);
    await scene.during(held);
  });

  it('A3: of an older version waits, and is answered with what is there', async () => {
    const scene = await filled();
    for (let times = 0; times < 2; times += 1) await scene.during(fetchOf(scene, { fetchOffset: 0, version: 0 }));
    const { value, ms } = await scene.during(fetchOf(scene, { fetchOffset: 0, version: 0 }));
    expect(value.topics[0]!.partitions[0]!.records.length).toBeGreaterThan(0);
    expect(ms).toBeGreaterThan(300);
  });

  it('A3: goes on at once when the quota is lifted', async () => {
    const scene = await filled();
    for (let times = 0; times < 2; times += 1) await scene.during(fetchOf(scene, { fetchOffset: 0 }));
    const held = fetchOf(scene, { fetchOffset: 0 });
    await scene.during(scene.client.request(Ping, { payload: Buffer.alloc(1) }));
    await scene.setQuota({ clientId: 'raw' }, 'consumerByteRate', null);
    expect((await scene.during(held)).ms).toBeLessThan(50);
  });
});

describe('quotas of a broker', () => {
  it('A3: are there after a restart, and those that are wrong are refused', async () => {
    const dataDir = await testDirectory();
    const first = await quotaScene({ storage: 'file', dataDir });
    await first.setQuota({ user: 'alice', clientId: everyOther }, 'producerByteRate', 5);
    await first.setQuota({ user: 'alice', clientId: everyOther }, 'consumerByteRate', 6);
    await first.setQuota({ clientId: 'raw' }, 'producerByteRate', 7);
    const { quotas } = first.services;
    expect(await quotas.remove({ clientId: 'raw' }, owner)).toBe(true);
    expect(await quotas.remove({ clientId: 'raw' }, owner)).toBe(false);
    const bad = quotas.set({ user: 'alice' }, { changes: new Map([['connectionCreationRate', 1]]) }, owner);
    expect((await errorOf(bad)).code).toBe('INVALID_REQUEST');
    await quotas.set({ user: 'bob' }, { changes: new Map([['producerByteRate', 1]]), isDryRun: true }, owner);
    await first.setQuota({ address: everyOther }, 'connectionCreationRate', 100);
    expect(first.services.throttle.isOn).toBe(true);
    await quotas.remove({ user: 'alice', clientId: everyOther }, owner);
    // Requests need not be looked at for the sake of connections.
    expect(first.services.throttle.isOn).toBe(false);
    await first.setQuota({ user: 'alice', clientId: everyOther }, 'producerByteRate', 5);
    await first.setQuota({ user: 'alice', clientId: everyOther }, 'consumerByteRate', 6);
    await quotas.remove({ address: everyOther }, owner);
    await first.during(first.broker.close());
    const { services } = await quotaScene({ storage: 'file', dataDir }, { topic: 'other' });
    const stored = [
      {
        entity: { user: 'alice', clientId: everyOther },
        quotas: new Map([
          ['producerByteRate', 5],
          ['consumerByteRate', 6],
        ]),
      },
    ];
    expect(services.quotas.list({}, owner)).toEqual(stored);
    expect(services.quotas.list({ user: { is: 'alice' } }, owner)).toEqual(stored);
    expect(services.quotas.list({ user: { is: 'alice' }, isStrict: true }, owner)).toEqual([]);
    expect(services.quotas.list({ user: { is: 'bob' } }, owner)).toEqual([]);
    expect(services.quotas.list({ clientId: { is: everyOther }, user: 'any' }, owner)).toEqual(stored);
    expect(services.quotas.list({ address: 'any' }, owner)).toEqual([]);
  });
});

async function testClientOf({ broker, during }: QuotaScene): Promise<RawClient> {
  const client = await RawClient.dial(broker);
  await during(client.hello('other'));
  onTestFinished(() => client.close());
  return client;
}

describe('a client that takes more of the event loop than it may', () => {
  /** Whatever is done takes a fraction of a millisecond with each look at the clock. */
  class BusyClock extends ManualClock {
    #aheadMs = 0;
    override monotonic(): number {
      this.#aheadMs += 0.5;
      return super.monotonic() + this.#aheadMs;
    }
  }

  it('A3, SEC-13: is answered later, for a second at most, and its heartbeats are not', async () => {
    const scene = await quotaScene({}, { clock: new BusyClock({ startMs: Date.now() }) });
    await scene.setQuota({ user: 'ANONYMOUS' }, 'requestPercentage', 1);
    const ask = () => scene.during(scene.client.topic('t'));
    let slowest = 0;
    for (let times = 0; times < 40; times += 1) slowest = Math.max(slowest, (await ask()).ms);
    expect(slowest).toBeGreaterThan(50);
    expect(slowest).toBeLessThan(1_300);
    const held = produceOf(scene, batch);
    const ping = await scene.during(scene.client.request(Ping, { payload: Buffer.alloc(1) }));
    expect((await scene.during(held)).value.throttleTimeMs).toBeGreaterThan(50);
    expect(ping.ms).toBeLessThan(slowest);
    const { totals } = scene.services.stats.throttled;
    expect(totals.requestPercentage.times).toBeGreaterThan(5);
    expect(totals.producerByteRate.times).toBe(0);
  });
});
