/** What waits when the login of its connection ends (A1, SEC-8). */
import { Authenticate, formatBearer, Ping } from '@q/protocol';
import { ManualClock, timeOverSockets } from '@q/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../src/index.ts';
import type { TokenVerifier } from '../src/index.ts';
import { SaidLines } from './fakes/said-lines.ts';
import { RawClient } from './raw-client.ts';

const tokenMs = 16_000;

async function setUp() {
  const clock = new ManualClock({ startMs: Date.now() });
  const during = async <T>(promise: Promise<T>): Promise<T> => (await timeOverSockets(clock, promise)).value;
  const said = new SaidLines();
  const tokens: TokenVerifier = {
    verify: (user) => Promise.resolve({ user, expiresAtMs: clock.now() + tokenMs, reason: null }),
  };
  const security = { mechanisms: ['OAUTHBEARER'] as const, tokens, superUsers: ['User:alice'] };
  const options = { storage: 'memory', port: 0, admin: false, security, clock, logger: said.logger } as const;
  const broker = await during(startBroker(options));
  onTestFinished(() => during(broker.close()).then(() => undefined));
  const client = await RawClient.dial(broker);
  onTestFinished(() => client.close());
  await during(client.hello());
  const show = () => during(client.request(Authenticate, { mechanism: 'OAUTHBEARER', message: formatBearer('alice') }));
  /** It is answered behind all that came before it, but for what waits. */
  const ping = () => during(client.request(Ping, { payload: Buffer.alloc(0) }));
  await show();
  const { topicId } = await during(client.createTopic('orders', { partitions: 1 }));
  return { clock, said, client, show, ping, topicId };
}

describe('A1, SEC-8: the end of a login', () => {
  it('A1, SEC-8: hangs up at that moment on whoever waits for records', async () => {
    const { clock, said, client, ping, topicId } = await setUp();
    const begunMs = clock.now();
    let answers = 0;
    void client.fetch(topicId, 0, { maxWaitMs: 60_000 }).then(
      () => (answers += 1),
      () => undefined,
    );
    await ping();
    await clock.advance(tokenMs - 1_000 - (clock.now() - begunMs));
    await ping();
    expect(said.of('connection.dropped')).toEqual([]);
    await clock.advance(1_000);
    await client.closed;
    expect(said.of('connection.dropped')).toMatchObject([{ reason: 'AUTHENTICATION_REQUIRED' }]);
    expect(answers).toBe(0);
  });

  it('A1, SEC-8: leaves who shows it once more in time to wait, and who waits for nothing to show it later', async () => {
    const { clock, said, client, show, ping, topicId } = await setUp();
    const answer = client.fetch(topicId, 0, { maxWaitMs: 20_000 });
    await ping();
    await clock.advance(10_000);
    await show();
    await clock.advance(10_000);
    expect(await answer).toMatchObject({ errorCode: 0 });
    await clock.advance(10 * tokenMs);
    await show();
    await ping();
    expect(said.of('connection.dropped')).toEqual([]);
  });
});
