import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../src/limits.ts';
import { setUp, hello, ping, answers } from './connection-scene.ts';

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
