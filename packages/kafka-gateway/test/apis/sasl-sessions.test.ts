/** For how long a login holds, and how clients log in again (facts, "Session lifetime"). */
import { nodeClock } from '@q/broker';
import type { BrokerOptions, TokenVerifier } from '@q/broker';
import { formatBearer } from '@q/protocol';
import { ManualClock, timeOverSockets } from '@q/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { kafkaErrorCode } from '../../src/errors/kafka-errors.ts';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { createTopics } from '../../src/messages/create-topics.ts';
import { fetch } from '../../src/messages/fetch.ts';
import { metadata } from '../../src/messages/metadata.ts';
import { saslAuthenticate } from '../../src/messages/sasl-authenticate.ts';
import { saslHandshake } from '../../src/messages/sasl-handshake.ts';
import { fetchRequest } from '../fetching.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { logIn } from '../logging-in.ts';

const nothing = { topics: [], allowAutoTopicCreation: false };

/** A broker whose clock can be put ahead, with alice and bob. */
async function scene(security: Partial<NonNullable<BrokerOptions['security']>> = {}) {
  let aheadMs = 0;
  const clock = {
    ...nodeClock,
    now: () => nodeClock.now() + aheadMs,
    monotonic: () => nodeClock.monotonic() + aheadMs,
  };
  const { broker, kafkaPort } = await kafkaBroker({
    clock,
    security: { mechanisms: ['SCRAM-SHA-256', 'OAUTHBEARER'], tokens: noTokens, ...security },
  });
  await broker.users!.setPassword('alice', 'alice-pw');
  await broker.users!.setPassword('bob', 'bob-pw');
  const client = await RawClient.connect(kafkaPort);
  const isServed = async (): Promise<boolean> => {
    client.send(metadata, 12, nothing);
    return (await client.nextFrame()) !== null;
  };
  return { client, isServed, goOn: (ms: number) => (aheadMs += ms) };
}

const noTokens: TokenVerifier = { verify: () => Promise.resolve({ user: null, reason: 'none' }) };
/** Tokens that hold for so long. */
const tokensFor = (ms: () => number, clock = nodeClock): TokenVerifier => ({
  verify: () => Promise.resolve({ user: 'alice', expiresAtMs: clock.now() + ms(), reason: null }),
});

async function showToken(client: RawClient) {
  await client.ask(saslHandshake, 1, { mechanism: 'OAUTHBEARER' });
  return client.ask(saslAuthenticate, 2, { authBytes: formatBearer('t') });
}

describe('A1 facts, Session lifetime', () => {
  it('A1: by default a password holds for as long as the connection', async () => {
    const { client, isServed, goOn } = await scene();
    expect((await logIn(client, 'alice', 'alice-pw')).sessionLifetimeMs).toBe(0);
    goOn(10 * 86_400_000);
    expect(await isServed()).toBe(true);
  });

  it('A1: returned is what is set; what comes after the end is hung up on, without an answer', async () => {
    const { client, isServed, goOn } = await scene({ sessionLifetimeMs: 20_000 });
    expect((await logIn(client, 'alice', 'alice-pw')).sessionLifetimeMs).toBe(20_000);
    goOn(19_000);
    expect(await isServed()).toBe(true);
    goOn(1_001);
    expect(await isServed()).toBe(false);
  });

  it('A1: after the end it is taken again (franz-go comes then), and the connection goes on', async () => {
    const { client, isServed, goOn } = await scene({ sessionLifetimeMs: 20_000 });
    await logIn(client, 'alice', 'alice-pw');
    goOn(25_000);
    expect((await client.ask(apiVersions, 3, named)).errorCode).toBe(0);
    expect(await logIn(client, 'alice', 'alice-pw')).toMatchObject({ errorCode: 0, sessionLifetimeMs: 20_000 });
    expect(await isServed()).toBe(true);
  });

  it('A1: a second one within 1 s is not refused (kafkajs would lose its connections)', async () => {
    const { client, isServed } = await scene({ sessionLifetimeMs: 20_000 });
    for (let time = 0; time < 3; time += 1) expect((await logIn(client, 'alice', 'alice-pw')).errorCode).toBe(0);
    expect(await isServed()).toBe(true);
  });

  it('A1: a token limits it without any setting, to what is left of it, but never below 15 s', async () => {
    let holdsMs = 60_000;
    const { client } = await scene({ tokens: tokensFor(() => holdsMs) });
    const { sessionLifetimeMs } = await showToken(client);
    expect(sessionLifetimeMs).toBeGreaterThan(59_000);
    expect(sessionLifetimeMs).toBeLessThanOrEqual(60_000);
    holdsMs = 5_000;
    expect((await showToken(client)).sessionLifetimeMs).toBe(15_000);
  });

  it('A1: the shorter of token and setting holds', async () => {
    const { client } = await scene({ tokens: tokensFor(() => 60_000), sessionLifetimeMs: 30_000 });
    expect((await showToken(client)).sessionLifetimeMs).toBe(30_000);
  });

  it('A1: another principal is refused with 58, in the words of Kafka, after a while, and hung up on', async () => {
    const { client } = await scene({ sessionLifetimeMs: 20_000 });
    await logIn(client, 'alice', 'alice-pw');
    const begun = performance.now();
    expect(await logIn(client, 'bob', 'bob-pw')).toMatchObject({
      errorCode: kafkaErrorCode.SASL_AUTHENTICATION_FAILED,
      errorMessage: 'Cannot change principals during re-authentication',
    });
    expect(performance.now() - begun).toBeGreaterThan(99);
    expect(await client.nextFrame()).toBeNull();
  });

  it('A1: one that fails is refused with 58 after the delay, and hung up on', async () => {
    const { client } = await scene({ sessionLifetimeMs: 20_000 });
    await logIn(client, 'alice', 'alice-pw');
    const begun = performance.now();
    expect((await logIn(client, 'alice', 'wrong')).errorCode).toBe(58);
    expect(performance.now() - begun).toBeGreaterThan(99);
    expect(await client.nextFrame()).toBeNull();
  });

  it.each([1, 14_999, -1, 604_800_001, 20_000.5])('A1: a lifetime of %s ms is refused at the start', async (ms) => {
    await expect(scene({ sessionLifetimeMs: ms })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      details: { setting: 'security.sessionLifetimeMs' },
    });
  });
});

/** The end of a login while a poll waits, in time that the test drives. */
describe('A1, SEC-8: a poll that waits', () => {
  it('A1, SEC-8: is hung up on at the moment at which its login ends', async () => {
    const clock = new ManualClock({ startMs: Date.now() });
    const during = async <T>(promise: Promise<T>): Promise<T> => (await timeOverSockets(clock, promise)).value;
    const tokens = tokensFor(() => 16_000, { ...nodeClock, now: () => clock.now() });
    const security = { mechanisms: ['OAUTHBEARER'] as const, tokens, superUsers: ['User:alice'] };
    const { broker, kafkaPort } = await during(kafkaBroker({ clock, security }));
    onTestFinished(() => during(broker.close()).then(() => undefined));
    const [other, client] = [await RawClient.connect(kafkaPort), await RawClient.connect(kafkaPort)];
    await during(showToken(other));
    await during(showToken(client));
    const begunMs = clock.now();
    const orders = { name: 'orders', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    await during(client.ask(createTopics, 4, { topics: [orders], timeoutMs: 5_000, validateOnly: false }));
    client.send(fetch, 11, fetchRequest([{ topic: 'orders' }], { maxWaitMs: 60_000 }));
    let hasFrame: boolean | null = null;
    void client.nextFrame().then((frame) => (hasFrame = frame !== null));
    // Its answer comes when the broker has seen what was sent before it.
    await during(other.ask(apiVersions, 3, named));
    await clock.advance(15_000 - (clock.now() - begunMs));
    await during(other.ask(apiVersions, 3, named));
    expect(hasFrame).toBeNull();
    await clock.advance(1_000);
    await expect.poll(() => hasFrame).toBe(false);
  });
});

const named = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' };
