import { describe, expect, it } from 'vitest';

import { connect } from '../src/connect.ts';
import type { Network } from '../src/network/network.ts';
import { FakeBroker } from './fake/fake-broker.ts';
import { FakeScene } from './fake/fake-scene.ts';

describe('connect', () => {
  it('gives a client that knows its cluster', async () => {
    const scene = new FakeScene();
    const q = await scene.connect();
    expect(q.clusterId).toBe('fake-cluster');
    await scene.settle(q.close());
    expect(scene.broker.connections).toBe(0);
  });

  it('W3 waits for a broker that is still starting', async () => {
    const scene = new FakeScene();
    scene.network.isRefusing = true;
    scene.clock.schedule(3_000, () => (scene.network.isRefusing = false));
    const q = await scene.connect();
    expect(scene.network.attempts).toBeGreaterThan(2);
    await scene.settle(q.close());
  });

  it('W3 gives up in time, and says which addresses failed and why', async () => {
    const scene = new FakeScene();
    scene.network.isRefusing = true;
    await expect(scene.connect({ connectTimeoutMs: 2_000 })).rejects.toMatchObject({
      code: 'NO_BROKER',
      message: expect.stringMatching(/within 2000 ms at fake:7420: .*ECONNREFUSED/) as string,
    });
    expect(scene.clock.monotonic()).toBeLessThan(2_100);
  });

  it('W3 gives up at the time it was given, however long the next pause would be', async () => {
    const scene = new FakeScene();
    scene.network.isRefusing = true;
    await expect(
      scene.connect({ connectTimeoutMs: 2_000, retry: { initialMs: 60_000, maxMs: 60_000 } }),
    ).rejects.toMatchObject({ code: 'NO_BROKER' });
    expect(scene.clock.monotonic()).toBeLessThan(2_100);
  });

  it('W3 goes on for ever if it is told so, until its signal aborts', async () => {
    const scene = new FakeScene();
    scene.network.isRefusing = true;
    scene.clock.schedule(300_000, () => (scene.network.isRefusing = false));
    const q = await scene.connect({ connectTimeoutMs: Number.POSITIVE_INFINITY });
    await scene.settle(q.close());
    scene.network.isRefusing = true;
    const controller = new AbortController();
    scene.clock.schedule(50_000, () => controller.abort());
    await expect(
      scene.connect({ connectTimeoutMs: Number.POSITIVE_INFINITY, signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('W3 tells why each address of a name was refused, of which Node makes one error without a message', async () => {
    const scene = new FakeScene();
    const { clock, random } = scene;
    const failure = new AggregateError(
      [new Error('connect ECONNREFUSED ::1:7420'), new Error('connect ECONNREFUSED 127.0.0.1:7420')],
      '',
    );
    const network: Network = {
      connect: (_address, events) => {
        clock.schedule(1, () => events.onClose(failure));
        return { write: () => true, destroy: () => undefined };
      },
    };
    const connecting = connect('localhost', { clock, random, network, connectTimeoutMs: 100 });
    await expect(scene.settle(connecting)).rejects.toMatchObject({
      message: expect.stringMatching(/ECONNREFUSED ::1:7420, connect ECONNREFUSED 127/) as string,
    });
  });

  it('W3 backs off between tries', async () => {
    const scene = new FakeScene();
    scene.network.isRefusing = true;
    await expect(
      scene.connect({ connectTimeoutMs: 60_000, retry: { initialMs: 100, maxMs: 5_000 } }),
    ).rejects.toMatchObject({ code: 'NO_BROKER' });
    expect(scene.network.attempts).toBeLessThan(60);
    expect(scene.network.attempts).toBeGreaterThan(8);
  });

  it('W3 tries every address', async () => {
    const scene = new FakeScene();
    const { clock, random, network } = scene;
    const q = await scene.settle(
      connect(['q://nowhere:1', 'q://elsewhere:2', 'q://fake:7420'], { clock, random, network }),
    );
    expect(q.clusterId).toBe('fake-cluster');
    await scene.settle(q.close());
  });

  it('can be aborted, before and while connecting', async () => {
    const scene = new FakeScene();
    await expect(scene.connecting({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(scene.network.attempts).toBe(0);
    scene.network.isRefusing = true;
    const controller = new AbortController();
    scene.clock.schedule(100, () => controller.abort());
    await expect(scene.connect({ signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(scene.clock.monotonic()).toBeLessThanOrEqual(101);
  });

  it('closes the client when its signal aborts later', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t');
    const controller = new AbortController();
    const q = await scene.connect({ signal: controller.signal });
    const sending = q.producer().send('t', { value: 'on its way' });
    controller.abort();
    expect(await scene.settle(sending)).toMatchObject({ offset: 0 });
    await scene.until(() => scene.broker.connections === 0);
    expect(() => q.producer()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  it('refuses addresses and options that make no sense', async () => {
    await expect(connect('http://localhost')).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    await expect(connect('localhost', { timeout: 1 } as never)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

describe('a cluster', () => {
  it('Z4 keeps one connection for each broker, and finds leaders through metadata', async () => {
    const scene = new FakeScene();
    const other = new FakeBroker({ clock: scene.clock, brokerId: 2 });
    scene.network.listen({ host: 'other', port: 9 }, other.accept);
    scene.broker.peers.set(2, { host: 'other', port: 9 });
    const topic = scene.broker.topic('t', { partitions: 4 });
    other.topics.set('t', topic);
    topic.leaders[1] = { leaderId: 2, leaderEpoch: 0 };
    topic.leaders[3] = { leaderId: 2, leaderEpoch: 0 };
    const q = await scene.connect();
    const producer = q.producer();
    await scene.settle(
      Promise.all([0, 1, 2, 3].map((partition) => producer.send('t', { partition, value: `${partition}` }))),
    );
    expect(topic.logs.map((log) => log.values())).toEqual([['0'], ['1'], ['2'], ['3']]);
    expect(scene.broker.requestsOf('PRODUCE')).toHaveLength(1);
    expect(other.requestsOf('PRODUCE')).toHaveLength(1);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { partition } of q.consumer('t', { stopAtEnd: true })) seen.push(partition);
    })();
    await scene.settle(reading);
    expect(new Set(seen)).toEqual(new Set([0, 1, 2, 3]));
    expect(scene.network.opened).toBe(2);
    await scene.settle(q.close());
    expect([scene.broker.connections, other.connections]).toEqual([0, 0]);
  });

  it('W3 asks again whom to send to when a broker says that it is not the leader', async () => {
    const scene = new FakeScene();
    const other = new FakeBroker({ clock: scene.clock, brokerId: 2 });
    scene.network.listen({ host: 'other', port: 9 }, other.accept);
    scene.broker.peers.set(2, { host: 'other', port: 9 });
    const topic = scene.broker.topic('t');
    other.topics.set('t', topic);
    const q = await scene.connect();
    const producer = q.producer();
    await scene.settle(producer.send('t', { value: 'a' }));
    topic.leaders[0] = { leaderId: 2, leaderEpoch: 1 };
    expect(await scene.settle(producer.send('t', { value: 'b' }))).toMatchObject({ offset: 1 });
    expect(other.requestsOf('PRODUCE')).toHaveLength(1);
    await scene.settle(q.close());
  });
});

describe('close', () => {
  it('W3 wins at once over reconnecting, with nothing to send', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t');
    const q = await scene.connect();
    const producer = q.producer();
    await scene.settle(producer.send('t', { value: 'a' }));
    const consumer = q.consumer('t');
    const reading = (async () => {
      let count = 0;
      for await (const _message of consumer) count += 1;
      return count;
    })();
    await scene.clock.advance(100);
    scene.network.isRefusing = true;
    scene.broker.cutAll();
    await scene.clock.advance(60_000);
    const startMs = scene.clock.monotonic();
    expect(await scene.settle(q.close())).toEqual({ drained: 0, abandoned: 0 });
    expect(await scene.settle(reading)).toBe(1);
    expect(scene.clock.monotonic() - startMs).toBeLessThan(5);
    expect(scene.clock.pending).toBe(0);
  });

  it('B6 bounds what it waits for undelivered records, and says how it went', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t');
    const q = await scene.connect();
    const producer = q.producer();
    await scene.settle(producer.send('t', { value: 'a' }));
    scene.broker.faults = ({ api }) => (api === 'PRODUCE' ? 'silence' : 'none');
    const stuck = producer.send('t', { value: 'b' }).catch((error: unknown) => error);
    await scene.clock.advance(10);
    const startMs = scene.clock.monotonic();
    expect(await scene.settle(q.close({ timeoutMs: 3_000 }))).toEqual({ drained: 0, abandoned: 1 });
    expect(scene.clock.monotonic() - startMs).toBeLessThan(3_010);
    expect(await stuck).toMatchObject({ code: 'CLOSED', details: { outcome: 'unknown' } });
    expect(scene.clock.pending).toBe(0);
  });

  it('B6 delivers what is buffered first', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t', { partitions: 3 });
    const q = await scene.connect();
    {
      await using producer = q.producer({ lingerMs: 60_000 });
      for (let index = 0; index < 100; index += 1) producer.enqueue('t', { value: `${index}` });
      const closing = producer.close();
      expect(() => producer.enqueue('t', { value: 'late' })).toThrow(expect.objectContaining({ code: 'CLOSED' }));
      await expect(producer.send('t', { value: 'late' })).rejects.toMatchObject({ code: 'CLOSED' });
      expect(await scene.settle(closing)).toEqual({ drained: 100, abandoned: 0 });
    }
    expect(scene.broker.topics.get('t')?.logs.flatMap((log) => log.values())).toHaveLength(100);
    await scene.settle(q.close());
    await expect(scene.settle(q.admin.ping())).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
