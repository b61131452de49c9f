import { encodeResponse, errorCode, Hello, LentMemory, Ping, QError, Stats } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';

import { Connection } from '../../src/connection/connection.ts';
import { FakeScene, fakeAddress } from '../fake/fake-scene.ts';
import type { BrokerEnd } from '../fake/memory-network.ts';
import { MemoryNetwork } from '../fake/memory-network.ts';

const payload = Buffer.from('ping');
const frames = new LentMemory({ bytesMin: 1 << 16, bytesMax: 1 << 20 });

function open(scene: FakeScene, signal?: AbortSignal): Promise<Connection> {
  const opening = Connection.open(
    {
      address: fakeAddress,
      network: scene.network,
      clock: scene.clock,
      clientId: 'test',
      login: null,
      connectTimeoutMs: 1_000,
      requestTimeoutMs: 500,
      frames,
    },
    signal,
  );
  return scene.settle(opening);
}

describe('opening', () => {
  it('W1 agrees on versions and limits, and introduces itself', async () => {
    const scene = new FakeScene();
    const connection = await open(scene);
    expect(connection.isReady).toBe(true);
    expect(connection.negotiated).toMatchObject({
      brokerId: 1,
      clusterId: 'fake-cluster',
      requestBytesMax: 16 << 20,
      requestsInFlightMax: 100,
    });
    expect(scene.broker.requests[0]).toMatchObject({
      api: 'HELLO',
      body: { magic: 0x514c4f47, clientId: 'test', software: '@q/client' },
    });
  });

  it('W3 says why there is no connection', async () => {
    const scene = new FakeScene();
    scene.network.isRefusing = true;
    await expect(open(scene)).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      retriable: true,
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  it('W3 gives up on a broker that does not answer HELLO', async () => {
    const scene = new FakeScene();
    scene.broker.faults = () => 'silence';
    await expect(open(scene)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(scene.clock.monotonic()).toBeLessThanOrEqual(1_001);
  });

  it('W1 passes on what the broker has against it', async () => {
    const scene = new FakeScene();
    scene.broker.faults = () => 'TOO_MANY_CONNECTIONS';
    await expect(open(scene)).rejects.toMatchObject({ code: 'TOO_MANY_CONNECTIONS', retriable: true });
  });

  it('W1 refuses limits that make no sense', async () => {
    const scene = new FakeScene();
    scene.broker.hello = { frameBytesMax: 5 };
    await expect(open(scene)).rejects.toMatchObject({ code: 'CONNECTION_LOST', cause: { code: 'MALFORMED_FRAME' } });
  });

  it('W3 ends at once when it is aborted', async () => {
    const scene = new FakeScene();
    scene.broker.faults = () => 'silence';
    const controller = new AbortController();
    scene.clock.schedule(5, () => controller.abort());
    await expect(open(scene, controller.signal)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(scene.clock.monotonic()).toBeLessThan(10);
    expect(scene.broker.connections).toBe(0);
  });
});

describe('requests', () => {
  it('Z4 share a connection, and answers may come in any order', async () => {
    const scene = new FakeScene();
    const connection = await open(scene);
    let delayMs = 50;
    scene.broker.handlers.set('PING', async (body) => {
      delayMs -= 10;
      await new Promise<void>((resolve) => void scene.clock.schedule(delayMs, resolve));
      return body;
    });
    const order: number[] = [];
    const pings = [1, 2, 3, 4].map(async (index) => {
      const { payload: back } = await connection.request(Ping, { payload: Buffer.from([index]) });
      order.push(back[0] as number);
    });
    await scene.settle(Promise.all(pings));
    expect(order).toEqual([4, 3, 2, 1]);
    expect(scene.network.opened).toBe(1);
  });

  it('Z4 of one turn leave in one write', async () => {
    const scene = new FakeScene();
    const connection = await open(scene);
    let chunks = 0;
    const received = scene.broker.requests.length;
    scene.broker.faults = ({ point }) => {
      if (point === 'before') chunks = Math.max(chunks, scene.broker.requests.length - received);
      return 'none';
    };
    const before = scene.clock.pending;
    const pings = Array.from({ length: 10 }, () => connection.request(Ping, { payload }));
    await Promise.resolve();
    // One delivery for all, beside the deadline timer.
    expect(scene.clock.pending - before).toBeLessThanOrEqual(2);
    await scene.settle(Promise.all(pings));
    expect(chunks).toBe(10);
  });

  it('W1 fail with what the broker answers, details included', async () => {
    const scene = new FakeScene();
    const connection = await open(scene);
    scene.broker.handlers.set('PING', () => {
      throw new QError('UNKNOWN_TOPIC', 'no such thing', { details: { topic: 't', partition: 3, known: false } });
    });
    await expect(scene.settle(connection.request(Ping, { payload }))).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC',
      message: 'no such thing',
      details: { topic: 't', partition: 3, known: false },
    });
    expect(connection.isReady).toBe(true);
  });

  it('W1 are not sent when the broker does not speak them', async () => {
    const scene = new FakeScene();
    scene.broker.hello = { apis: [{ key: Ping.key, min: 7, max: 9 }] };
    const connection = await open(scene);
    await expect(scene.settle(connection.request(Ping, { payload }))).rejects.toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      message: expect.stringContaining('versions 7 to 9') as string,
    });
    await expect(scene.settle(connection.request(Stats, {}))).rejects.toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      message: expect.stringContaining('does not speak it') as string,
    });
    expect(connection.isReady).toBe(true);
  });

  it('W1 larger than the broker takes are refused here', async () => {
    const scene = new FakeScene();
    scene.broker.hello = { frameBytesMax: 2_000 };
    const connection = await open(scene);
    await expect(scene.settle(connection.request(Ping, { payload: Buffer.alloc(2_000) }))).rejects.toMatchObject({
      code: 'FRAME_TOO_LARGE',
    });
    await expect(scene.settle(connection.request(Ping, { payload }))).resolves.toEqual({ payload });
  });

  it('W3 that cannot be encoded fail for certain: nothing was sent', async () => {
    const scene = new FakeScene();
    const connection = await open(scene);
    const hostile = new Proxy(
      { payload },
      {
        get: () => {
          throw new RangeError('out of range');
        },
      },
    );
    const failure = await scene.settle(connection.request(Ping, hostile).catch((error: unknown) => error));
    expect(failure).toMatchObject({ code: 'INVALID_REQUEST', fatal: false, cause: { message: 'out of range' } });
    expect(connection.isReady).toBe(true);
  });

  it('Z4 beyond what the broker allows wait for their turn', async () => {
    const scene = new FakeScene();
    scene.broker.hello = { requestsInFlightMax: 2 };
    scene.broker.answerDelayMs = 20;
    const connection = await open(scene);
    let most = 0;
    let now = 0;
    scene.broker.faults = ({ point }) => {
      if (point === 'before') most = Math.max(most, (now += 1));
      else scene.clock.schedule(20, () => (now -= 1));
      return 'none';
    };
    await scene.settle(Promise.all(Array.from({ length: 10 }, () => connection.request(Ping, { payload }))));
    expect(most).toBe(2);
  });

  it('W3 abandoned by their caller end at once, and their answers are dropped', async () => {
    const scene = new FakeScene();
    scene.broker.answerDelayMs = 50;
    const connection = await open(scene);
    const controller = new AbortController();
    const aborted = connection.request(Ping, { payload }, { signal: controller.signal });
    scene.clock.schedule(5, () => controller.abort(new Error('enough')));
    await expect(scene.settle(aborted)).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } });
    await scene.clock.advance(100);
    await expect(scene.settle(connection.request(Ping, { payload }))).resolves.toEqual({ payload });
    await expect(connection.request(Ping, { payload }, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});

describe('time-outs', () => {
  it('W3 one request late, others answered: only the late one fails', async () => {
    const scene = new FakeScene();
    const connection = await open(scene);
    scene.broker.faults = ({ api, request, point }) =>
      api === 'PING' && request === 0 && point === 'after' ? 'silence' : 'none';
    const late = connection.request(Ping, { payload });
    const answered = connection.request(Ping, { payload });
    await expect(scene.settle(answered)).resolves.toEqual({ payload });
    await expect(scene.settle(late)).rejects.toMatchObject({ code: 'REQUEST_TIMED_OUT' });
    expect(connection.isReady).toBe(true);
  });

  it('W3 a broker that has gone silent: the connection is given up', async () => {
    const scene = new FakeScene();
    const connection = await open(scene);
    scene.broker.faults = () => 'silence';
    const first = connection.request(Ping, { payload });
    scene.clock.schedule(
      100,
      () => void connection.request(Ping, { payload }).catch((error: unknown) => (second = error)),
    );
    let second: unknown = null;
    await expect(scene.settle(first)).rejects.toMatchObject({ code: 'REQUEST_TIMED_OUT' });
    expect(connection.isReady).toBe(false);
    await scene.clock.runDeferred();
    expect(second).toMatchObject({ code: 'CONNECTION_LOST', cause: { code: 'REQUEST_TIMED_OUT' } });
    expect(scene.broker.connections).toBe(0);
  });

  it('W3 an impatient caller does not cost the others their connection', async () => {
    const scene = new FakeScene();
    scene.broker.answerDelayMs = 100;
    const connection = await open(scene);
    await expect(scene.settle(connection.request(Ping, { payload }, { timeoutMs: 20 }))).rejects.toMatchObject({
      code: 'REQUEST_TIMED_OUT',
    });
    await expect(scene.settle(connection.request(Ping, { payload }))).resolves.toEqual({ payload });
  });
});

describe('a broken connection', () => {
  it('W3 fails everything that waits, with the reason as cause, and tells its listeners once', async () => {
    const scene = new FakeScene();
    const connection = await open(scene);
    scene.broker.faults = ({ api }) => (api === 'PING' ? 'cut' : 'none');
    const closes: QError[] = [];
    connection.onClose((error) => closes.push(error));
    const results = await scene.settle(
      Promise.allSettled([connection.request(Ping, { payload }), connection.request(Ping, { payload })]),
    );
    for (const result of results) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'CONNECTION_LOST', retriable: true, cause: { message: 'read ECONNRESET' } },
      });
    }
    expect(closes).toHaveLength(1);
    await expect(connection.request(Ping, { payload })).rejects.toBe(closes[0]);
  });

  it('W3 closes when it is told to, once, with the error it is given', async () => {
    const scene = new FakeScene();
    const connection = await open(scene);
    scene.broker.answerDelayMs = 1_000;
    const waiting = connection.request(Ping, { payload });
    connection.close(new QError('CLOSED', 'the client is closed'));
    connection.close(new QError('ABORTED', 'again'));
    await expect(scene.settle(waiting)).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('a hostile broker', () => {
  /** Answers HELLO as it should be, and then whatever the test says. */
  async function openTo(answer: (end: BrokerEnd) => void): Promise<{ scene: FakeScene; connection: Connection }> {
    const scene = new FakeScene();
    scene.broker.handlers.set('PING', () => new Promise(() => {}));
    let end: BrokerEnd | null = null;
    scene.network.listen(fakeAddress, (given) => {
      end = given;
      return scene.broker.accept(given);
    });
    const connection = await open(scene);
    scene.clock.schedule(3, () => answer(end as unknown as BrokerEnd));
    return { scene, connection };
  }

  it.each<[string, (end: BrokerEnd) => void, string]>([
    [
      'a frame larger than any answer may be',
      (end) => end.send([Buffer.from([0x7f, 0xff, 0xff, 0xff])]),
      'FRAME_TOO_LARGE',
    ],
    ['a frame shorter than its header', (end) => end.send([Buffer.from([0, 0, 0, 1, 0])]), 'MALFORMED_FRAME'],
    [
      'an answer that nobody asked for',
      (end) => end.send(encodeResponse(Ping, { version: 0, correlationId: 99, body: { payload } })),
      'MALFORMED_FRAME',
    ],
    [
      'an answer that cannot be read',
      (end) => end.send([Buffer.from([0, 0, 0, 8, 0, 0, 0, 2, 0, 0, 0xff, 0xff])]),
      'MALFORMED_FRAME',
    ],
    [
      'an answer with bytes left over',
      (end) => end.send([Buffer.from([0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 1, 2])]),
      'MALFORMED_FRAME',
    ],
    [
      'an error that cannot be read',
      (end) => end.send([Buffer.from([0, 0, 0, 7, 0, 0, 0, 2, 0, errorCode('BROKER_BUSY'), 0xff])]),
      'MALFORMED_FRAME',
    ],
  ])('W3 SEC-6: that sends %s loses the connection', async (_what, answer, cause) => {
    const { scene, connection } = await openTo(answer);
    // The id of the first request after HELLO is 2.
    const failure = await scene.settle(connection.request(Ping, { payload }).catch((error: unknown) => error));
    expect(failure).toMatchObject({ code: 'CONNECTION_LOST', cause: { code: cause } });
    expect(connection.isReady).toBe(false);
  });

  it('W3 that speaks before it is asked is not listened to', async () => {
    const clock = new ManualClock({ defer: 'manual' });
    const network = new MemoryNetwork({ clock });
    network.listen(fakeAddress, (end) => {
      end.send(
        encodeResponse(Hello, {
          version: 0,
          correlationId: 7,
          body: {
            brokerId: 1,
            clusterId: '',
            software: '',
            softwareVersion: '',
            frameBytesMax: 1 << 20,
            requestsInFlightMax: 1,
            features: [],
            authMechanisms: [],
            apis: [],
          },
        }),
      );
      return { onData: () => {}, onClose: () => {} };
    });
    const opening = Connection.open({
      address: fakeAddress,
      network,
      clock,
      clientId: 'test',
      login: null,
      connectTimeoutMs: 1_000,
      requestTimeoutMs: 500,
      frames,
    });
    opening.catch(() => undefined);
    await clock.advance(10);
    await expect(opening).rejects.toMatchObject({ code: 'CONNECTION_LOST', cause: { code: 'MALFORMED_FRAME' } });
  });
});
