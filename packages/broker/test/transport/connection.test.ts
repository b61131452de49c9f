import {
  FrameDecoder,
  Hello,
  Ping,
  QError,
  decodeErrorBody,
  decodeResponseHeader,
  encodeRequest,
  helloMagic,
} from '@q/protocol';
import type { PingRequest, PingResponse } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../../src/transport/byte-budget.ts';
import { Connections } from '../../src/transport/connections.ts';
import { HeldTotal } from '../../src/transport/held-total.ts';
import { OutputTotal } from '../../src/transport/output-total.ts';
import type { Caller } from '../../src/caller.ts';
import { Dispatcher } from '../../src/session/native/dispatcher.ts';
import { NativeSession } from '../../src/session/native/native-session.ts';
import type { OpenSession } from '../../src/transport/session.ts';
import { helloHandler } from '../../src/session/native/apis/hello.ts';
import { defaultLimits } from '../../src/limits.ts';
import type { BrokerLimits } from '../../src/limits.ts';
import { silentLogger } from '../../src/logger.ts';
import { createCounters } from '../../src/metrics/counters.ts';
import { nodeHistogram } from '../../src/metrics/node-histogram.ts';
import type { StreamEvents } from '../../src/transport/network.ts';
import { FakeStream } from '../fakes/fake-stream.ts';

interface PingCall {
  readonly request: PingRequest;
  readonly caller: Caller;
  readonly answer: (answer: PingResponse | QError) => void;
}

function setUp(changed: Partial<BrokerLimits> = {}) {
  const clock = new ManualClock({ defer: 'manual' });
  const limits = { ...defaultLimits, ...changed };
  const counters = createCounters(nodeHistogram);
  const dispatcher = new Dispatcher({ clock, logger: silentLogger, counters });
  const identity = { brokerId: 1, clusterId: 'c', software: 'q', softwareVersion: '0', term: 0 };
  dispatcher.add(helloHandler({ identity, limits, dispatcher }));
  const pings: PingCall[] = [];
  dispatcher.add<PingRequest, PingResponse>({
    api: Ping,
    handle: (request, caller) =>
      new Promise((resolve, reject) => {
        pings.push({ request, caller, answer: (answer) => (QError.is(answer) ? reject(answer) : resolve(answer)) });
      }),
  });
  const budget = new ByteBudget({ softBytes: limits.brokerBytesMax, hardBytes: limits.brokerBytesHardMax });
  const outputTotal = new OutputTotal({ bytesMax: limits.brokerOutputBytesMax, bytesHardMax: limits.brokerOutputBytesMax });
  const heldTotal = new HeldTotal(limits.brokerHeldMax);
  const connections = new Connections(
    { clock, limits, logger: silentLogger, budget, outputTotal, heldTotal },
    counters,
  );
  const allocateFrame = (length: number): Buffer => Buffer.allocUnsafe(length);
  const openSession: OpenSession = (link) => new NativeSession({ dispatcher, limits, allocateFrame }, link);
  const accept = (options?: ConstructorParameters<typeof FakeStream>[0]) => {
    const stream = new FakeStream({ takesAll: true, ...options });
    return { stream, events: lending(connections.accept(stream, openSession)) };
  };
  return { clock, counters, pings, budget, outputTotal, heldTotal, connections, accept };
}

/** Chunks are lent: what keeps one finds something else in it. */
function lending(events: StreamEvents): StreamEvents {
  const data = (chunk: Buffer): void => {
    const lent = Buffer.from(chunk);
    events.data(lent);
    lent.fill(0xdd);
  };
  return { data, closed: () => events.closed() };
}

function hello(correlationId = 1): Buffer {
  return Buffer.concat(
    encodeRequest(Hello, {
      version: 0,
      correlationId,
      body: { magic: helloMagic, clientId: 'me', software: 's', softwareVersion: '1' },
    }),
  );
}

function ping(correlationId: number, payload = 'x'): Buffer {
  return Buffer.concat(encodeRequest(Ping, { version: 0, correlationId, body: { payload: Buffer.from(payload) } }));
}

/** The answers on the stream: correlation id, and the code of an error. */
function answers(stream: FakeStream): [number, string | 0][] {
  const decoder = new FrameDecoder({ frameBytesMax: 1 << 26 });
  decoder.push(stream.sent);
  const found: [number, string | 0][] = [];
  for (let frame = decoder.next(); frame !== null; frame = decoder.next()) {
    const { correlationId, errorCode } = decodeResponseHeader(frame);
    found.push([correlationId, errorCode === 0 ? 0 : decodeErrorBody(frame).code]);
  }
  return found;
}

describe('Connection', () => {
  it('W1 dispatches the frames of one chunk in order, and lets answers overtake each other', async () => {
    const { clock, pings, accept } = setUp();
    const { stream, events } = accept();
    events.data(Buffer.concat([hello(), ping(2, 'a'), ping(3, 'b')]));
    expect(pings.map((call) => call.request.payload.toString())).toEqual(['a', 'b']);
    pings[1]!.answer({ payload: Buffer.from('b') });
    await clock.runDeferred();
    pings[0]!.answer({ payload: Buffer.from('a') });
    await clock.runDeferred();
    expect(answers(stream)).toEqual([
      [1, 0],
      [3, 0],
      [2, 0],
    ]);
    expect(pings[0]!.caller.clientId).toBe('me');
  });

  it('W1 takes bytes one by one as well', async () => {
    const { clock, pings, accept } = setUp();
    const { stream, events } = accept();
    for (const byte of Buffer.concat([hello(), ping(2, 'abc')])) events.data(Buffer.from([byte]));
    expect(pings[0]!.request.payload.toString()).toBe('abc');
    await clock.runDeferred();
    expect(answers(stream)).toEqual([[1, 0]]);
  });

  it('Z3 answers of one turn leave in one write', async () => {
    const { clock, pings, accept } = setUp();
    const { stream, events } = accept();
    events.data(Buffer.concat([hello(), ping(2), ping(3)]));
    for (const call of pings) call.answer(call.request);
    await Promise.resolve();
    await clock.runDeferred();
    expect(stream.writes.length).toBeLessThanOrEqual(2);
    expect(answers(stream)).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
  });

  it('stops reading while too many requests wait, and goes on with what it had received', async () => {
    const { clock, pings, accept } = setUp({ requestsInFlightMax: 2 });
    const { stream, events } = accept();
    events.data(hello());
    events.data(Buffer.concat([ping(2), ping(3), ping(4), ping(5)]));
    expect(pings).toHaveLength(2);
    expect(stream.isReading).toBe(false);
    pings[0]!.answer({ payload: Buffer.from('1') });
    await clock.runDeferred();
    expect(pings).toHaveLength(3);
    for (const call of pings.slice(1)) call.answer({ payload: Buffer.from('n') });
    await clock.runDeferred();
    pings[3]!.answer({ payload: Buffer.from('4') });
    await clock.runDeferred();
    expect(stream.isReading).toBe(true);
    expect(
      answers(stream)
        .map(([id]) => id)
        .toSorted((a, b) => a - b),
    ).toEqual([1, 2, 3, 4, 5]);
  });

  it('W3 holds back the requests behind one that says so, and goes on in their order', async () => {
    const { clock, pings, accept } = setUp();
    const { stream, events } = accept();
    events.data(hello());
    events.data(ping(2));
    const goOn = pings[0]!.caller.budget.holdOrder();
    events.data(Buffer.concat([ping(3), ping(4)]));
    pings[0]!.answer({ payload: Buffer.from('a') });
    await clock.runDeferred();
    expect(pings).toHaveLength(1);
    expect(stream.isReading).toBe(false);
    goOn();
    goOn();
    await clock.runDeferred();
    expect(pings).toHaveLength(3);
    expect(stream.isReading).toBe(true);
  });

  it('G2 C2 requests that wait for news keep no others out, up to a bound of the connection', async () => {
    const { clock, pings, heldTotal, accept } = setUp({ requestsInFlightMax: 2, connectionHeldMax: 5, connectionHeldFree: 1 });
    const { stream, events } = accept();
    events.data(hello());
    const unparks: (() => void)[] = [];
    for (let id = 2; id < 7; id += 1) {
      events.data(ping(id));
      unparks.push(pings.at(-1)!.caller.budget.park(1)!);
    }
    expect(heldTotal.count).toBe(5);
    events.data(Buffer.concat([ping(7), ping(8), ping(9)]));
    expect(pings).toHaveLength(7);
    expect(stream.isReading).toBe(false);
    // The sixth may not wait; it is answered.
    expect(pings[5]!.caller.budget.park(1)).toBeNull();
    pings[5]!.answer({ payload: Buffer.from('x') });
    await clock.runDeferred();
    expect(pings).toHaveLength(8);
    // Two are worked on again. When one of them is parked, there is room.
    unparks[0]!();
    unparks[0]!();
    expect(heldTotal.count).toBe(4);
    events.data(ping(10));
    expect(pings).toHaveLength(8);
    expect(pings[6]!.caller.budget.park(1)).not.toBeNull();
    pings[0]!.answer({ payload: Buffer.from('y') });
    await clock.runDeferred();
    expect(pings).toHaveLength(9);
    // Whoever waits for something is not idle.
    for (const call of pings.slice(1)) call.answer({ payload: Buffer.from('z') });
    for (const unpark of unparks.slice(2)) unpark();
    await clock.advance(defaultLimits.idleTimeoutMs + defaultLimits.sweepIntervalMs);
    expect(stream.isEnded).toBe(false);
  });

  it('C2 requests of all connections that wait for news have a bound together', () => {
    const { pings, accept } = setUp({ connectionHeldMax: 3, connectionHeldFree: 1, brokerHeldMax: 4 });
    for (let count = 0; count < 2; count += 1) accept().events.data(Buffer.concat([hello(), ping(2)]));
    const unpark = pings[0]!.caller.budget.park(3);
    expect(pings[1]!.caller.budget.park(2)).toBeNull();
    expect(pings[1]!.caller.budget.park(1)).not.toBeNull();
    unpark!();
    expect(pings[1]!.caller.budget.park(2)).not.toBeNull();
  });

  it('W3 gives others a turn when its requests take long', async () => {
    const { clock, pings, accept } = setUp({ turnMsMax: 4 });
    const { stream, events } = accept();
    events.data(hello());
    // Each request takes 3 ms.
    clock.monotonic = () => pings.length * 3;
    events.data(Buffer.concat(Array.from({ length: 7 }, (_, index) => ping(index + 2))));
    expect(pings).toHaveLength(3);
    expect(stream.isReading).toBe(false);
    events.data(ping(9));
    expect(pings).toHaveLength(3);
    await clock.runDeferred();
    expect(pings).toHaveLength(8);
    expect(stream.isReading).toBe(true);
  });

  it('counts the bytes that handlers hold, gives them back once, and stops reading meanwhile', async () => {
    const frameBytesMax = 192 * 1024;
    const { clock, pings, budget, accept } = setUp({
      frameBytesMax,
      fetchBytesMax: 1,
      connectionBytesMax: 2 * frameBytesMax,
      brokerBytesMax: 2 * frameBytesMax,
      brokerBytesHardMax: 4 * frameBytesMax,
    });
    const { stream, events } = accept();
    events.data(hello());
    const payload = 'x'.repeat(150 * 1024);
    const releases: (() => void)[] = [];
    for (let id = 2; id < 5; id += 1) {
      events.data(ping(id, payload));
      releases.push(pings.at(-1)!.caller.budget.holdFrame());
      // The next chunk makes the connection look at its limits again.
      events.data(Buffer.alloc(0));
    }
    expect(budget.heldBytes).toBeGreaterThan(3 * payload.length);
    expect(stream.isReading).toBe(false);
    for (const release of releases) {
      release();
      release();
    }
    await clock.runDeferred();
    expect(budget.heldBytes).toBe(0);
    expect(stream.isReading).toBe(true);
  });

  it('gives held bytes back also when the connection is gone', () => {
    const { pings, budget, accept } = setUp();
    const { events } = accept();
    events.data(Buffer.concat([hello(), ping(2, 'abc'), ping(3).subarray(0, 7)]));
    const release = pings[0]!.caller.budget.holdFrame();
    events.closed();
    expect(budget.heldBytes).toBeGreaterThan(0);
    release();
    expect(budget.heldBytes).toBe(0);
  });

  it('takes no more requests from a peer that does not take its answers, and hangs up in the end', async () => {
    const { clock, pings, outputTotal, accept } = setUp({ outputBytesMax: 1000, outputStallMs: 5000 });
    const { stream, events } = accept();
    events.data(hello());
    await clock.runDeferred();
    stream.takesAll = false;
    events.data(ping(2));
    pings[0]!.answer({ payload: Buffer.alloc(2000) });
    await clock.runDeferred();
    events.data(ping(3));
    expect(pings).toHaveLength(1);
    expect(stream.isReading).toBe(false);
    expect(pings[0]!.caller.budget.reserveAnswer(1, 1)).toBeInstanceOf(Promise);
    expect(outputTotal.bytes).toBeGreaterThan(2000);
    await clock.advance(6000);
    expect(stream.isDestroyed).toBe(true);
    events.closed();
    expect(outputTotal.bytes).toBe(0);
  });

  it('goes on when a slow peer takes its answers at last', async () => {
    const { clock, pings, accept } = setUp({ outputBytesMax: 1000 });
    const { stream, events } = accept();
    events.data(hello());
    await clock.runDeferred();
    stream.takesAll = false;
    events.data(Buffer.concat([ping(2), ping(3)]));
    pings[0]!.answer({ payload: Buffer.alloc(2000) });
    await clock.runDeferred();
    events.data(ping(4));
    expect(pings).toHaveLength(2);
    let writable = false;
    void (pings[1]!.caller.budget.reserveAnswer(1, 1) as Promise<number>).then(() => (writable = true));
    stream.takesAll = true;
    stream.writes.at(-1)!.taken();
    await clock.runDeferred();
    expect(writable).toBe(true);
    expect(pings).toHaveLength(3);
    expect(stream.isReading).toBe(true);
  });

  it('W3 looks at the time limits of many connections in slices, and at all of them', async () => {
    const { clock, accept } = setUp({ sweepSliceMax: 2, helloTimeoutMs: 1000, sweepIntervalMs: 500 });
    const silent = Array.from({ length: 5 }, () => accept());
    await clock.advance(2000);
    expect(silent.map(({ stream }) => stream.isDestroyed)).toEqual(Array(5).fill(true));
    for (const { events } of silent) events.closed();
    const late = accept();
    await clock.advance(2000);
    expect(late.stream.isDestroyed).toBe(true);
  });

  it('W1 refuses everything before HELLO, and hangs up', async () => {
    const { clock, pings, accept } = setUp();
    const { stream, events } = accept();
    events.data(Buffer.concat([ping(7), ping(8)]));
    await clock.runDeferred();
    expect(answers(stream)).toEqual([[7, 'HELLO_REQUIRED']]);
    expect(stream.isEnded).toBe(true);
    expect(pings).toHaveLength(0);
  });

  it('takes 64 KiB at most before HELLO, and the configured size after it', async () => {
    const { clock, pings, accept } = setUp();
    const early = accept();
    early.events.data(ping(2, 'x'.repeat(70_000)));
    await clock.runDeferred();
    expect(answers(early.stream)).toEqual([[0, 'FRAME_TOO_LARGE']]);
    const late = accept();
    late.events.data(Buffer.concat([hello(), ping(2, 'x'.repeat(70_000))]));
    expect(pings).toHaveLength(1);
  });

  it('answers garbage once, and hangs up when the peer does not', async () => {
    const { clock, accept } = setUp();
    const { stream, events } = accept();
    events.data(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    events.data(Buffer.from('GET / HTTP/1.1\r\n'));
    await clock.runDeferred();
    expect(answers(stream)).toEqual([[0, 'FRAME_TOO_LARGE']]);
    expect(stream.isEnded).toBe(true);
    await clock.advance(defaultLimits.lingerTimeoutMs + defaultLimits.sweepIntervalMs);
    expect(stream.isDestroyed).toBe(true);
  });

  it('hangs up on a peer that never says hello, that is idle, or that never finishes a frame', async () => {
    const { clock, accept, pings } = setUp();
    const silent = accept();
    const idle = accept();
    idle.events.data(hello());
    const slow = accept();
    slow.events.data(hello());
    const waiting = accept();
    waiting.events.data(Buffer.concat([hello(), ping(2)]));
    await clock.advance(defaultLimits.helloTimeoutMs + 1000);
    expect(silent.stream.isDestroyed).toBe(true);

    const frame = ping(2);
    for (let sent = 0; sent < frame.length - 1 && !slow.stream.isDestroyed; sent += 1) {
      slow.events.data(frame.subarray(sent, sent + 1));
      await clock.advance(10_000);
    }
    expect(slow.stream.isDestroyed).toBe(true);
    expect(idle.stream.isEnded).toBe(false);

    await clock.advance(defaultLimits.idleTimeoutMs);
    expect(idle.stream.isEnded).toBe(true);
    // A long poll is not idleness.
    expect(pings).toHaveLength(1);
    expect(waiting.stream.isEnded).toBe(false);
  });

  it('reads what is at hand before it looks at time limits: a broker that was busy is not the fault of its peers', async () => {
    const { clock, accept } = setUp();
    const nextTurn: (() => void)[] = [];
    clock.defer = (run) => void nextTurn.push(run);
    const late = accept();
    await clock.advance(defaultLimits.helloTimeoutMs + 1000);
    late.events.data(hello());
    for (const run of nextTurn) run();
    expect(late.stream.isDestroyed).toBe(false);
    expect(answers(late.stream)).toEqual([[1, 0]]);
  });
});

describe('Connections', () => {
  it('refuses more connections than it may have, in total and from one address', async () => {
    const { clock, counters, accept } = setUp({ connectionsMax: 3, connectionsPerAddressMax: 2 });
    accept({ remoteAddress: 'a' });
    const second = accept({ remoteAddress: 'a' });
    const third = accept({ remoteAddress: 'a' });
    await clock.runDeferred();
    expect(answers(third.stream)).toEqual([[0, 'TOO_MANY_CONNECTIONS']]);
    expect(third.stream.isEnded).toBe(true);
    third.events.closed();

    accept({ remoteAddress: 'b' });
    const fourth = accept({ remoteAddress: 'c' });
    await clock.runDeferred();
    expect(answers(fourth.stream)).toEqual([[0, 'TOO_MANY_CONNECTIONS']]);
    expect(counters.connectionsRefused).toBe(2);
    fourth.events.closed();
    second.events.closed();
    expect(counters.connections).toBe(2);

    const again = accept({ remoteAddress: 'a' });
    again.events.data(hello());
    await clock.runDeferred();
    expect(answers(again.stream)).toEqual([[1, 0]]);
  });

  it('closes at once what comes while it tells as many as it may that they are too many, and those take no place of others', async () => {
    const { clock, counters, accept } = setUp({ connectionsMax: 3, connectionsPerAddressMax: 1, refusalsMax: 2 });
    accept({ remoteAddress: 'a' });
    const refused = [1, 2, 3, 4].map(() => accept({ remoteAddress: 'a' }).stream);
    await clock.runDeferred();
    expect(refused.map(({ isEnded, isDestroyed }) => [isEnded, isDestroyed])).toEqual([
      [true, false],
      [true, false],
      [false, true],
      [false, true],
    ]);
    expect([counters.connections, counters.connectionsRefused]).toEqual([3, 4]);
    for (const remoteAddress of ['b', 'c']) {
      const { stream, events } = accept({ remoteAddress });
      events.data(hello());
      await clock.runDeferred();
      expect(answers(stream)).toEqual([[1, 0]]);
    }
  });

  it('B6 drains: requests in flight are answered, later ones are not taken', async () => {
    const { clock, connections, pings, accept } = setUp();
    const { stream, events } = accept();
    events.data(Buffer.concat([hello(), ping(2)]));
    let drained = false;
    const draining = connections.drain(10_000).then(() => (drained = true));
    events.data(ping(3));
    await clock.runDeferred();
    expect(drained).toBe(false);
    expect(pings).toHaveLength(1);
    pings[0]!.answer({ payload: Buffer.from('last') });
    await clock.runDeferred();
    await draining;
    expect(answers(stream)).toEqual([
      [1, 0],
      [2, 0],
    ]);

    const closing = connections.close();
    await clock.runDeferred();
    expect(stream.isEnded).toBe(true);
    events.closed();
    await closing;
  });

  it('B6 does not wait for ever', async () => {
    const { clock, connections, accept } = setUp();
    const { stream, events } = accept();
    events.data(Buffer.concat([hello(), ping(2)]));
    const draining = connections.drain(10_000);
    await clock.advance(10_000);
    await draining;
    const closing = connections.close();
    await clock.advance(defaultLimits.lingerTimeoutMs);
    expect(stream.isDestroyed).toBe(true);
    events.closed();
    await closing;
  });
});
