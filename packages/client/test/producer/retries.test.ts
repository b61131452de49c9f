import type { ErrorName, ProduceRequest } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import type { SendResult } from '../../src/producer/delivery.ts';
import { FakeBroker } from '../fake/fake-broker.ts';
import type { RequestFault } from '../fake/fake-broker.ts';
import { FakeScene } from '../fake/fake-scene.ts';

function values(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `${from + index}`);
}

/** Sends records so that several batches are on the way at once: batches of a few records, closed by their size. */
async function sendInPieces(
  scene: FakeScene,
  o: { count: number; faults?: (scene: FakeScene) => void; idempotent?: boolean },
): Promise<SendResult[]> {
  scene.broker.topic('t');
  const q = await scene.connect();
  // Room for about six records in a batch.
  const producer = q.producer({
    batchBytesMax: 512,
    ...(o.idempotent === undefined ? {} : { idempotent: o.idempotent }),
  });
  await scene.settle(producer.send('t', { value: 'first', key: 'first' }));
  o.faults?.(scene);
  const sends = values(o.count).map((value) => producer.send('t', { value, key: 'x'.repeat(60) }));
  const results = await scene.settle(Promise.all(sends));
  await scene.settle(q.close());
  return results;
}

function expectInOrder(scene: FakeScene, results: readonly SendResult[]): void {
  const stored = scene.broker.topics.get('t')?.logs[0]?.values();
  expect(stored).toEqual(['first', ...values(results.length)]);
  expect(results.map(({ offset }) => offset)).toEqual(results.map((_, index) => index + 1));
}

describe('sending again', () => {
  // Request 0 carried the first record, so 1 is alone in flight or the first of several.
  const requests = [1, 2, 3, 4, 5, 6];
  const faults: readonly RequestFault[] = ['cut', 'silence', 'BROKER_BUSY'];
  it.each(
    requests.flatMap((request) =>
      faults.flatMap((fault) => (['before', 'after'] as const).map((point) => ({ request, fault, point }))),
    ),
  )(
    'P4 W3 keeps order, and stores once, when PRODUCE $request meets $fault $point it is carried out',
    async ({ request, fault, point }) => {
      const scene = new FakeScene();
      const results = await sendInPieces(scene, {
        count: 50,
        faults: ({ broker }) => {
          broker.faults = (o) => (o.api === 'PRODUCE' && o.request === request && o.point === point ? fault : 'none');
        },
      });
      expectInOrder(scene, results);
    },
  );

  const errors: readonly ErrorName[] = [
    'BROKER_BUSY',
    'STORAGE_FULL',
    'REQUEST_TIMED_OUT',
    'SHUTTING_DOWN',
    'STALE_LEADER_EPOCH',
    'NOT_LEADER',
  ];
  it.each(errors.flatMap((error) => requests.slice(0, 4).map((request) => ({ error, request }))))(
    'P4 keeps order when partition and request $request fail with $error while others are in flight',
    async ({ error, request }) => {
      const scene = new FakeScene();
      const results = await sendInPieces(scene, {
        count: 50,
        faults: ({ broker }) => {
          broker.produceFaults = (o) => (o.request === request && o.point === 'before' ? error : 'none');
        },
      });
      expectInOrder(scene, results);
    },
  );

  it('P4 has several batches in flight, and only one until the first is acknowledged', async () => {
    const scene = new FakeScene();
    const unanswered: number[] = [];
    let inFlight = 0;
    await sendInPieces(scene, {
      count: 100,
      faults: ({ broker }) => {
        broker.answerDelayMs = 50;
        broker.faults = ({ api, point }) => {
          if (api === 'PRODUCE' && point === 'before') unanswered.push((inFlight += 1));
          if (api === 'PRODUCE' && point === 'after') scene.clock.schedule(50, () => (inFlight -= 1));
          return 'none';
        };
      },
    });
    expect(Math.max(...unanswered)).toBe(5);
  });

  it('P4 sends a producer that the broker has forgotten one batch at a time, so that a failed one is not overtaken', async () => {
    const scene = new FakeScene();
    const results = await sendInPieces(scene, {
      count: 50,
      faults: ({ broker }) => {
        broker.topics.get('t')?.logs[0]?.forgetProducers();
        broker.cutAll();
        broker.produceFaults = ({ request, point }) =>
          point === 'before' && request >= 1 && request <= 2 ? 'BROKER_BUSY' : 'none';
      },
    });
    expectInOrder(scene, results);
  });

  it('P4 without idempotence keeps order too, with one batch in flight', async () => {
    const scene = new FakeScene();
    const results = await sendInPieces(scene, {
      count: 50,
      idempotent: false,
      faults: ({ broker }) => {
        broker.produceFaults = ({ request, point }) =>
          point === 'before' && request % 3 === 1 ? 'BROKER_BUSY' : 'none';
      },
    });
    expectInOrder(scene, results);
    expect(scene.broker.requestsOf('INIT_PRODUCER')).toEqual([]);
  });

  it('W3 takes batches to the new leader, in order', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t', { partitions: 2 });
    const q = await scene.connect();
    const producer = q.producer();
    await scene.settle(producer.send('t', { value: 'a', partition: 0 }));
    const topic = scene.broker.topics.get('t');
    if (topic === undefined) throw new Error('no topic');
    topic.leaders[0] = { leaderId: -1, leaderEpoch: 1 };
    const later = producer.send('t', { value: 'b', partition: 0 });
    scene.clock.schedule(5_000, () => (topic.leaders[0] = { leaderId: 1, leaderEpoch: 2 }));
    expect(await scene.settle(later)).toMatchObject({ offset: 1 });
    expect(scene.clock.monotonic()).toBeGreaterThan(5_000);
    const last = scene.broker.requestsOf<ProduceRequest>('PRODUCE').at(-1);
    expect(last?.topics[0]?.partitions[0]?.leaderEpoch).toBe(2);
    await scene.settle(q.close());
  });

  it.each(['none', 'silence'] as const)(
    'W3 H2 sends what waited for a request whose partition has moved away (answer: %s)',
    async (fault) => {
      const scene = new FakeScene();
      const topic = scene.broker.topic('t', { partitions: 2 });
      const other = new FakeBroker({ clock: scene.clock, brokerId: 2 });
      const address = { host: 'other', port: 9 };
      scene.network.listen(address, other.accept);
      other.topics.set('t', topic);
      scene.broker.peers.set(2, address);
      const q = await scene.connect({ requestTimeoutMs: 1_000 });
      const producer = q.producer({ maxInFlight: 1 });
      await scene.settle(producer.send('t', { value: 'a', partition: 0 }));
      scene.broker.faults = ({ api, point }) => (api === 'PRODUCE' && point === 'after' ? fault : 'none');
      scene.broker.answerDelayMs = 100;
      const moving = producer.send('t', { value: 'b', partition: 0 });
      await scene.clock.advance(10);
      expect(topic.logs[0]?.values()).toEqual(['a', 'b']);
      const waiting = producer.send('t', { value: 'c', partition: 1 });
      scene.broker.faults = () => 'none';
      scene.broker.answerDelayMs = 0;
      topic.leaders[0] = { leaderId: 2, leaderEpoch: 1 };
      await scene.settle(q.admin.metadata(['t']));
      expect(await scene.settle(Promise.all([moving, waiting]))).toMatchObject([{ offset: 1 }, { offset: 0 }]);
      expect(scene.clock.monotonic()).toBeLessThan(5_000);
      await scene.settle(q.close());
    },
  );

  it('W3 goes on in a topic that was deleted and made again', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t');
    const q = await scene.connect();
    const producer = q.producer();
    await scene.settle(producer.send('t', { value: 'old' }));
    const anew = scene.broker.topic('t');
    expect(await scene.settle(producer.send('t', { value: 'new' }))).toMatchObject({ offset: 0 });
    expect(anew.logs[0]?.values()).toEqual(['new']);
    await scene.settle(q.close());
  });

  it('W3 fails what is sent to a topic that is gone', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t');
    const q = await scene.connect();
    const producer = q.producer();
    await scene.settle(producer.send('t', { value: 'a' }));
    scene.broker.topics.delete('t');
    await expect(scene.settle(producer.send('t', { value: 'b' }))).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    scene.broker.topic('t');
    expect(await scene.settle(producer.send('t', { value: 'c' }))).toMatchObject({ offset: 0 });
    await scene.settle(q.close());
  });
});
