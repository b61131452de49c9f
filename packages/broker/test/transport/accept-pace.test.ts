import { describe, expect, it } from 'vitest';
import { answers, hello, setUp } from './connection-scene.ts';

type Scene = ReturnType<typeof setUp>;

/** One that says hello at once. */
function caller({ accept }: Scene, remoteAddress: string) {
  const { stream, events } = accept({ remoteAddress });
  events.data(hello());
  return { stream, events };
}

const isHeard = ({ stream }: ReturnType<typeof caller>): boolean => answers(stream).length > 0;

describe('connections that begin too fast', () => {
  it('SEC-13: wait for their turn, from whatever address they come', async () => {
    const scene = setUp({ connectionsPerSecondMax: 10 });
    const callers = Array.from({ length: 14 }, (_, at) => caller(scene, `10.0.0.${at}`));
    await scene.clock.runDeferred();
    expect(callers.filter(isHeard)).toHaveLength(10);
    expect(callers[10]!.stream.isReading).toBe(false);
    await scene.clock.advance(110);
    expect(callers.filter(isHeard)).toHaveLength(11);
    await scene.clock.advance(300);
    expect(callers.map(({ stream }) => answers(stream))).toEqual(callers.map(() => [[1, 0]]));
    expect(callers[13]!.stream.isReading).toBe(true);
    expect([scene.counters.connectionsDelayed, scene.counters.connectionsRefused]).toEqual([4, 0]);
  });

  it('SEC-13: of one address wait for its quota, and others do not', async () => {
    const scene = setUp({}, (address) => (address === 'busy' ? { perSecond: 2, sharedBy: address } : null));
    const callers = Array.from({ length: 4 }, () => caller(scene, 'busy'));
    const other = caller(scene, 'other');
    await scene.clock.runDeferred();
    expect([callers.filter(isHeard).length, isHeard(other)]).toEqual([2, true]);
    await scene.clock.advance(500);
    expect(callers.filter(isHeard)).toHaveLength(3);
    await scene.clock.advance(500);
    expect(callers.filter(isHeard)).toHaveLength(4);
  });

  it('SEC-13: are let in at the rate that may be for as long as it goes on', async () => {
    const scene = setUp({}, (address) => ({ perSecond: 5, sharedBy: address }));
    let heard = 0;
    for (let elapsedMs = 0; elapsedMs < 20_000; elapsedMs += 20) {
      const one = caller(scene, 'flood');
      await scene.clock.advance(20);
      if (one.stream.isEnded || one.stream.isDestroyed) one.events.closed();
      heard = scene.connections.describe().length;
    }
    // 5 at once, and 5 a second.
    expect(heard).toBeGreaterThan(90);
    expect(heard).toBeLessThan(112);
    // Nobody waits for longer than ten seconds: with 5 a second those are 50.
    expect(scene.counters.refusals.get('connectionCreationRate')).toBeGreaterThan(800);
  });

  it('SEC-13: that would wait for more than ten seconds are refused, and told so', async () => {
    const scene = setUp({}, (address) => ({ perSecond: 1, sharedBy: address }));
    const callers = Array.from({ length: 13 }, () => caller(scene, 'busy'));
    await scene.clock.runDeferred();
    expect(answers(callers[11]!.stream)).toEqual([[0, 'TOO_MANY_CONNECTIONS']]);
    expect(answers(callers[10]!.stream)).toEqual([]);
  });

  it('SEC-13: count as connections of their address, until they go', async () => {
    const scene = setUp({ connectionsPerSecondMax: 1, connectionsPerAddressMax: 2 });
    caller(scene, 'a');
    const second = caller(scene, 'a');
    const third = caller(scene, 'a');
    await scene.clock.runDeferred();
    expect(answers(third.stream)).toEqual([[0, 'TOO_MANY_CONNECTIONS']]);
    third.events.closed();
    second.events.closed();
    const fourth = caller(scene, 'a');
    await scene.clock.advance(3_000);
    expect([isHeard(second), answers(fourth.stream)]).toEqual([false, [[1, 0]]]);
  });

  it('SEC-13: are hung up on when the broker stops', async () => {
    const scene = setUp({ connectionsPerSecondMax: 1 });
    caller(scene, 'a');
    const waiting = caller(scene, 'a');
    void scene.connections.close();
    expect(waiting.stream.isDestroyed).toBe(true);
  });
});
