/** How much strangers can take of a broker that asks who they are, and how many connections a user has (SEC-13). */
import { Authenticate, ListTopics, Ping } from '@q/protocol';
import { ManualClock, timeOverSockets } from '@q/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../src/index.ts';
import type { Broker, BrokerOptions, TokenVerifier } from '../src/index.ts';
import { errorOf } from './harness.ts';
import { RawClient } from './raw-client.ts';

/** Whoever says `token-of-NAME` is NAME. */
const tokens: TokenVerifier = {
  verify: (token) => {
    const [, user] = /^token-of-(.+)$/.exec(token) ?? [];
    if (user === undefined) return Promise.resolve({ user: null, reason: 'no token' });
    return Promise.resolve({ user, expiresAtMs: Date.now() + 86_400_000, reason: null });
  },
};

interface Scene {
  readonly broker: Broker;
  readonly clock: ManualClock;
  readonly during: <T>(promise: Promise<T>) => Promise<{ readonly value: T; readonly ms: number }>;
  readonly dial: () => Promise<RawClient>;
}

async function secured(options: BrokerOptions = {}): Promise<Scene> {
  const clock = new ManualClock({ startMs: Date.now() });
  const during = <T>(promise: Promise<T>): Promise<{ readonly value: T; readonly ms: number }> =>
    timeOverSockets(clock, promise);
  const security = { mechanisms: ['OAUTHBEARER'] as const, tokens };
  const starting = startBroker({ storage: 'memory', port: 0, admin: false, security, clock, ...options });
  const broker = (await during(starting)).value;
  onTestFinished(() => during(broker.close()).then(() => undefined));
  const dial = async (): Promise<RawClient> => {
    const client = await RawClient.dial(broker);
    onTestFinished(() => client.close());
    await during(client.hello());
    return client;
  };
  return { broker, clock, during, dial };
}

async function timeOf(clock: ManualClock, ms: number): Promise<void> {
  return await new Promise((resolve) => void clock.schedule(ms, resolve));
}

function logIn(client: RawClient, user: string) {
  const message = Buffer.from(`n,,\x01auth=Bearer token-of-${user}\x01\x01`);
  return client.request(Authenticate, { mechanism: 'OAUTHBEARER', message });
}

describe('a stranger', () => {
  it('A1, SEC-13: is hung up on after five seconds, whatever it chatters', async () => {
    const { during, dial, clock } = await secured();
    const begunAt = clock.monotonic();
    const client = await dial();
    for (let pings = 0; pings < 4; pings += 1) {
      await during(client.request(Ping, { payload: Buffer.from('still here') }));
      await clock.advance(1_000);
    }
    await during(client.closed);
    expect(clock.monotonic() - begunAt).toBeGreaterThan(4_900);
    expect(clock.monotonic() - begunAt).toBeLessThan(6_100);
  });

  it('A1, SEC-13: that is let in stays for as long as it likes', async () => {
    const { during, dial, clock } = await secured();
    const client = await dial();
    await during(logIn(client, 'alice'));
    await clock.advance(20_000);
    expect((await during(client.request(ListTopics, { includeInternal: false }))).value).toBeDefined();
  });

  it('A1, SEC-9, SEC-13: that fails hears so, also where that takes five seconds', async () => {
    const { during, dial } = await secured();
    const failed: [string, number][] = [];
    for (let times = 0; times < 8; times += 1) {
      const client = await dial();
      const mechanism = 'OAUTHBEARER';
      const message = Buffer.from('n,,\x01auth=Bearer wrong\x01\x01');
      await during(client.request(Authenticate, { mechanism, message }));
      const { value, ms } = await during(
        errorOf(client.request(Authenticate, { mechanism, message: Buffer.from([1]) })),
      );
      failed.push([value.code, ms]);
    }
    expect(failed.map(([code]) => code)).toEqual(failed.map(() => 'AUTHENTICATION_FAILED'));
  });

  it('A1, SEC-9, SEC-13: a hundred failures from one address cost a timer each, and five seconds later nothing', async () => {
    const { during, dial, clock } = await secured();
    const before = clock.pending;
    for (let times = 0; times < 100; times += 1) {
      const client = await dial();
      const beforeThis = clock.pending;
      const message = Buffer.from('n,,\x01auth=Bearer wrong\x01\x01');
      void client.request(Authenticate, { mechanism: 'OAUTHBEARER', message }).catch(() => undefined);
      // It is held back from now on, and nobody waits for it. Who is held back is not read, so that is found out later.
      while (clock.pending <= beforeThis) await clock.runDeferred();
      await client.close();
    }
    expect(clock.pending - before).toBeLessThan(110);
    await during(timeOf(clock, 5_500));
    expect(clock.pending - before).toBeLessThan(10);
  });
});

describe('a user', () => {
  it('A1, SEC-13: has so many connections and no more, until one of them goes', async () => {
    const { during, dial } = await secured({ limits: { connectionsPerUserMax: 2 } });
    const [first, second, third] = [await dial(), await dial(), await dial()];
    await during(logIn(first, 'alice'));
    await during(logIn(second, 'alice'));
    const { value } = await during(errorOf(logIn(third, 'alice')));
    expect(value).toMatchObject({
      code: 'TOO_MANY_CONNECTIONS',
      details: { limit: 'connectionsPerUserMax', value: 2 },
    });
    await during(third.closed);
    await during(logIn(await dial(), 'bob'));
    // The same connection once more is the same one.
    await during(logIn(first, 'alice'));
    await second.close();
    const fourth = await dial();
    expect((await during(logIn(fourth, 'alice'))).value.isDone).toBe(true);
  });
});
