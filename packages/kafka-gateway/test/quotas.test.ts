import { everyOther } from '@q/broker';
import type { Broker, QuotaEntity, QuotaKind } from '@q/broker';
import { ManualClock, timeOverSockets } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { apiVersions } from '../src/messages/api-versions.ts';
import { createTopics } from '../src/messages/create-topics.ts';
import { produce } from '../src/messages/produce.ts';
import { fetchFrom } from './fetching.ts';
import { kafkaBroker, RawClient } from './harness.ts';
import { batchOf, sending } from './producing.ts';

const named = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' };
/** About 10,000 bytes. */
const batch = batchOf('x'.repeat(9_900));
const bytes = batch.length;

interface Scene {
  readonly broker: Broker;
  readonly clock: ManualClock;
  readonly kafkaPort: number;
  readonly client: RawClient;
  readonly setQuota: (entity: QuotaEntity, kind: QuotaKind, perSecond: number | null) => Promise<void>;
  readonly during: <T>(promise: Promise<T>) => Promise<{ value: T; ms: number }>;
}

/** A broker whose time is driven, over real sockets. */
async function scene(clock: ManualClock = new ManualClock({ startMs: Date.now() })): Promise<Scene> {
  const { broker, kafkaPort } = await kafkaBroker({ clock });
  const client = await RawClient.connect(kafkaPort);
  const topic = { name: 'orders', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  await timeOverSockets(clock, client.ask(createTopics, 5, { topics: [topic], timeoutMs: 1_000, validateOnly: false }));
  return {
    broker,
    clock,
    kafkaPort,
    client,
    setQuota: async (entity, kind, perSecond) => {
      await timeOverSockets(clock, broker.quotas.set(entity, { changes: new Map([[kind, perSecond]]) }));
    },
    during: (promise) => timeOverSockets(clock, promise),
  };
}

function send(client: RawClient, version = 11) {
  return client.ask(produce, version, sending({ name: 'orders' }, [batch]));
}

describe('a Kafka client that is beyond its quota', () => {
  it('A3, SEC-13: is answered first, told how long, and not listened to for that time', async () => {
    const { client, setQuota, during: wait, broker, kafkaPort } = await scene();
    await setQuota({ clientId: 'raw' }, 'producerByteRate', bytes);
    expect((await wait(send(client))).value.throttleTimeMs).toBe(0);
    const { value, ms } = await wait(send(client));
    expect(ms).toBeLessThan(50);
    expect(value.throttleTimeMs).toBeGreaterThan(900);
    expect(value.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 1 });
    // Everything on the connection waits; a connection of somebody else does not.
    const muted = client.ask(apiVersions, 3, named);
    const other = await RawClient.connect(kafkaPort);
    expect((await wait(other.ask(apiVersions, 3, named))).ms).toBeLessThan(50);
    const late = await wait(muted);
    expect(late.ms).toBeGreaterThan(900 - 100);
    expect(late.ms).toBeLessThan(1_100);
    expect(broker.quotas.list()).toHaveLength(1);
  });

  it('A3, SEC-13: produces as much as it may, of whatever user it is', async () => {
    const { client, setQuota, during: wait, clock } = await scene();
    await setQuota({ user: everyOther }, 'producerByteRate', 100_000);
    for (let times = 0; times < 11; times += 1) await wait(send(client));
    const begunAt = clock.monotonic();
    let sent = 0;
    for (; clock.monotonic() < begunAt + 10_000; sent += bytes) await wait(send(client));
    const rate = (sent * 1000) / (clock.monotonic() - begunAt);
    expect(rate).toBeGreaterThan(90_000);
    expect(rate).toBeLessThan(110_000);
  });

  it('A3: is listened to again when the quota is lifted', async () => {
    const { client, setQuota, during: wait } = await scene();
    await setQuota({ clientId: 'raw' }, 'producerByteRate', bytes / 8);
    expect((await wait(send(client))).value.throttleTimeMs).toBeGreaterThan(6_000);
    const muted = client.ask(apiVersions, 3, named);
    await setQuota({ clientId: 'raw' }, 'producerByteRate', null);
    expect((await wait(muted)).ms).toBeLessThan(50);
  });

  it('A3: is not told so without acknowledgements, and muted all the same', async () => {
    const { client, setQuota, during: wait } = await scene();
    await setQuota({ clientId: 'raw' }, 'producerByteRate', bytes / 2);
    client.send(produce, 11, sending({ name: 'orders' }, [batch], { acks: 0 }));
    const { ms } = await wait(client.ask(apiVersions, 3, named).catch(() => client.ask(apiVersions, 3, named)));
    expect(ms).toBeGreaterThan(800);
  });

  it('A3, SEC-13: that fetches is answered at once, with nothing, and told how long', async () => {
    const { client, setQuota, during: wait } = await scene();
    for (let times = 0; times < 10; times += 1) await wait(send(client));
    await setQuota({ clientId: 'raw' }, 'consumerByteRate', bytes);
    const other = { sessionEpoch: 0, sessionId: 0 };
    const first = await wait(fetchFrom(client, [{}], { version: 12, ...other }));
    const { sessionId } = first.value;
    expect(first.value.responses[0]!.partitions[0]!.records![0]!.length).toBe(bytes);
    const second = await wait(fetchFrom(client, [], { version: 12, sessionId, sessionEpoch: 1 }));
    expect(second.value.throttleTimeMs).toBeGreaterThan(0);
    expect(second.ms).toBeLessThan(50);
    const third = await wait(fetchFrom(client, [{ fetchOffset: 2 }], { version: 12, sessionId, sessionEpoch: 2 }));
    // It waited until it was listened to again, and was not refused: the session counts on.
    expect([third.value.errorCode, third.value.sessionId]).toEqual([0, sessionId]);
    expect(third.value.responses[0]!.partitions[0]!.records![0]!.length).toBe(bytes);
  });

  it('A3, SEC-13: whose other connection has used up everything gets nothing, at once', async () => {
    const { client, setQuota, during: wait, kafkaPort } = await scene();
    for (let times = 0; times < 10; times += 1) await wait(send(client));
    const second = await RawClient.connect(kafkaPort);
    await setQuota({ clientId: 'raw' }, 'consumerByteRate', bytes / 2);
    await wait(fetchFrom(client, [{}], { version: 12 }));
    const { value, ms } = await wait(fetchFrom(second, [{}], { version: 12, maxWaitMs: 5_000 }));
    expect(value).toMatchObject({ errorCode: 0, sessionId: 0, responses: [] });
    expect(value.throttleTimeMs).toBeGreaterThan(800);
    expect(ms).toBeLessThan(50);
  });

  it('A3, SEC-13: takes no more of the event loop than it may', async () => {
    // Whatever is done takes a millisecond with each look at the clock.
    class BusyClock extends ManualClock {
      #aheadMs = 0;
      override monotonic(): number {
        this.#aheadMs += 0.5;
        return super.monotonic() + this.#aheadMs;
      }
    }
    const { client, setQuota, during: wait } = await scene(new BusyClock({ startMs: Date.now() }));
    await setQuota({ clientId: 'raw' }, 'requestPercentage', 1);
    let answer = await client.ask(apiVersions, 3, named);
    for (let times = 0; times < 200 && answer.throttleTimeMs === 0; times += 1)
      answer = (await wait(client.ask(apiVersions, 3, named))).value;
    expect(answer.throttleTimeMs).toBeGreaterThan(0);
    expect(answer.throttleTimeMs).toBeLessThanOrEqual(1_000);
  });
});
