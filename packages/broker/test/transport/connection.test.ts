import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../src/limits.ts';
import { setUp, hello, ping, answers } from './connection-scene.ts';

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
    const { clock, pings, heldTotal, accept } = setUp({
      requestsInFlightMax: 2,
      connectionHeldMax: 5,
      connectionHeldFree: 1,
    });
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

  it('hangs up sooner on a peer that takes nothing while others wait for its room', async () => {
    for (const [brokerOutputBytesMax, isCut] of [
      [1500, true],
      [1 << 20, false],
    ] as const) {
      const { clock, pings, accept } = setUp({ outputBytesMax: 1000, brokerOutputBytesMax, outputStallMs: 30_000 });
      const { stream, events } = accept();
      events.data(hello());
      await clock.runDeferred();
      stream.takesAll = false;
      events.data(ping(2));
      pings[0]!.answer({ payload: Buffer.alloc(2000) });
      await clock.advance(4000);
      expect(stream.isDestroyed).toBe(isCut);
    }
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
