/** A client that a real broker asks who it is (rows A1, Q2; RFC 8). */
import { connect } from '@q/client';
import type { ConnectOptions, LoginOptions } from '@q/client';
import { Authenticate, formatPlain, ListTopics, Ping } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../src/index.ts';
import { RawClient } from './raw-client.ts';
import type { Broker, BrokerOptions, TokenVerifier } from '../src/index.ts';

/** A broker with one user, `alice`. */
async function secured(options: Partial<BrokerOptions> & { tokens?: TokenVerifier } = {}): Promise<Broker> {
  const { tokens, ...rest } = options;
  const broker = await startBroker({
    storage: 'memory',
    port: 0,
    admin: false,
    security: {
      superUsers: ['User:alice', 'User:bob'],
      mechanisms: ['SCRAM-SHA-256', 'SCRAM-SHA-512', ...(tokens === undefined ? [] : (['OAUTHBEARER'] as const))],
      ...(tokens !== undefined && { tokens }),
    },
    ...rest,
  });
  onTestFinished(() => broker.close());
  await broker.users!.setPassword('alice', 'alice-pw');
  return broker;
}

const scram: LoginOptions = { mechanism: 'SCRAM-SHA-256', username: 'alice', password: 'alice-pw' };

async function open(broker: Broker, login?: LoginOptions, options: ConnectOptions = {}) {
  const q = await connect(broker.url, { connectTimeoutMs: 5_000, ...options, ...(login !== undefined && { login }) });
  onTestFinished(() => q.close().then(() => undefined));
  return q;
}

describe('A1 a client that shows who it is', () => {
  it('A1 is let in by SCRAM, and produces and consumes', async () => {
    const q = await open(await secured(), scram);
    await q.admin.createTopic('orders', { partitions: 1 });
    await using producer = q.producer();
    await producer.send('orders', { value: 'first' });
    for await (const message of q.consumer('orders', { from: 'earliest' })) {
      expect(message.value?.toString()).toBe('first');
      break;
    }
  });

  it('A1 is refused with a wrong password, at once and in words, without the password', async () => {
    const broker = await secured();
    const refusal = open(broker, { ...scram, password: 'my-secret' });
    await expect(refusal).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    await expect(refusal).rejects.not.toThrow(/my-secret/);
  });

  it('A1 is refused as an unknown user in the same words', async () => {
    const broker = await secured();
    const messageOf = (login: LoginOptions) => open(broker, login).catch((error: Error) => error.message);
    const unknown = await messageOf({ ...scram, username: 'mallory' });
    expect(unknown).toBe(await messageOf({ ...scram, password: 'wrong' }));
  });

  it('A1 that does not is told how', async () => {
    const broker = await secured();
    await expect(open(broker)).rejects.toMatchObject({
      code: 'AUTHENTICATION_REQUIRED',
      message: expect.stringMatching(/SCRAM-SHA-256.*give connect a login/s) as string,
    });
  });

  it('A1 does not tell its password to a broker that only takes PLAIN, nor where others can hear it', async () => {
    const broker = await secured();
    const plain: LoginOptions = { mechanism: 'PLAIN', username: 'alice', password: 'alice-pw' };
    await expect(open(broker, plain)).rejects.toMatchObject({
      code: 'UNSUPPORTED_MECHANISM',
      message: expect.stringMatching(/not encrypted/) as string,
    });
  });

  it('A1 may have a login for a broker that asks nobody', async () => {
    const broker = await startBroker({ storage: 'memory', port: 0, admin: false });
    onTestFinished(() => broker.close());
    const q = await open(broker, scram);
    expect(await q.admin.listTopics()).toEqual([]);
  });

  it.each<[string, object]>([
    ['no user', { password: 'p' }],
    ['no password', { username: 'a' }],
    ['an empty password', { username: 'a', password: '' }],
    ['another mechanism', { mechanism: 'MD5', username: 'a', password: 'p' }],
    ['an unknown option', { user: 'a', password: 'p' }],
    ['a token that is a text', { mechanism: 'OAUTHBEARER', token: 'secret-token' }],
  ])('A1 SEC-15 %s is refused before anything is sent, without what is secret', async (_what, login) => {
    const refusal = connect('q://127.0.0.1:1', { login: login as LoginOptions });
    await expect(refusal).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    await expect(refusal).rejects.not.toThrow(/secret-token/);
  });
});

describe('A1 a connection that nobody has shown to be theirs', () => {
  async function stranger(): Promise<{ raw: RawClient; mechanisms: readonly string[] }> {
    const broker = await secured({ security: { mechanisms: ['PLAIN', 'SCRAM-SHA-256'] } });
    const raw = await RawClient.dial(broker);
    onTestFinished(() => raw.close());
    const { authMechanisms: mechanisms } = await raw.hello();
    return { raw, mechanisms };
  }

  it('A1 is not offered PLAIN where others can hear it', async () => {
    const { raw, mechanisms } = await stranger();
    expect(mechanisms).toEqual(['SCRAM-SHA-256']);
    const message = formatPlain({ authorizationId: '', username: 'alice', password: 'alice-pw' });
    const refusal = raw.request(Authenticate, { mechanism: 'PLAIN', message });
    await expect(refusal).rejects.toMatchObject({ code: 'UNSUPPORTED_MECHANISM' });
    await raw.closed;
  });

  it('A1 SEC-7 is served a PING and nothing else, and is hung up on', async () => {
    const { raw } = await stranger();
    const payload = Buffer.from('x');
    expect(await raw.request(Ping, { payload })).toEqual({ payload });
    await expect(raw.request(ListTopics, { includeInternal: false })).rejects.toMatchObject({
      code: 'AUTHENTICATION_REQUIRED',
    });
    await raw.closed;
  });

  it('A1 SEC-7 half way in is served nothing else either', async () => {
    const { raw } = await stranger();
    const first = { mechanism: 'SCRAM-SHA-256', message: Buffer.from('n,,n=alice,r=abc') };
    expect(await raw.request(Authenticate, first)).toMatchObject({ isDone: false, principal: '' });
    await expect(raw.request(ListTopics, { includeInternal: false })).rejects.toMatchObject({
      code: 'AUTHENTICATION_REQUIRED',
    });
    await raw.closed;
  });

  it('A1 SEC-2 cannot have a large frame kept for it', async () => {
    const { raw } = await stranger();
    const length = Buffer.alloc(4);
    length.writeUInt32BE(1 << 20);
    raw.write(length);
    expect(await raw.strayError()).toMatchObject({ code: 'FRAME_TOO_LARGE' });
    await raw.closed;
  });
});

describe('A1 users of a broker', () => {
  it('A1 come, get other passwords, and go', async () => {
    const broker = await secured();
    const users = broker.users!;
    await users.setPassword('bob', 'first');
    expect(users.list()).toEqual(['alice', 'bob']);
    const asBob = (password: string): LoginOptions => ({ username: 'bob', password });
    await open(broker, asBob('first'));
    await users.setPassword('bob', 'second');
    await expect(open(broker, asBob('first'))).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    const q = await open(broker, asBob('second'));
    expect(await users.remove('bob')).toBe(true);
    await expect(open(broker, asBob('second'))).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    // Whoever is in is served no more.
    await expect(q.admin.listTopics()).rejects.toMatchObject({
      code: 'AUTHENTICATION_REQUIRED',
      message: expect.stringContaining('removed') as string,
    });
  });

  it.each([
    ['', 'p'],
    [' bob', 'p'],
    ['bob', ''],
    ['bob', 'p'.repeat(2000)],
  ])('A1 %j cannot have its password', async (name, password) => {
    const { users } = await secured();
    await expect(users!.setPassword(name, password)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(users!.list()).toEqual(['alice']);
  });

  it('A1 are none where nobody is asked', async () => {
    const broker = await startBroker({ storage: 'memory', port: 0, admin: false });
    onTestFinished(() => broker.close());
    expect(broker.users).toBeNull();
  });
});

describe('A1 a client with a token', () => {
  it('A1 shows a new one before the old one is over, and nothing it does is disturbed', async () => {
    const clock = new ManualClock();
    const shown: string[] = [];
    const tokens: TokenVerifier = {
      verify: (token) => {
        shown.push(token);
        return Promise.resolve({ user: 'alice', expiresAtMs: clock.now() + 100_000, reason: null });
      },
    };
    const broker = await secured({ tokens, clock });
    let made = 0;
    const login: LoginOptions = { mechanism: 'OAUTHBEARER', token: () => `token-${(made += 1)}` };
    const q = await open(broker, login, { clock });
    expect(shown).toEqual(['token-1']);
    await clock.advance(79_000);
    expect(shown).toHaveLength(1);
    await clock.advance(2_000);
    await expect.poll(() => shown).toEqual(['token-1', 'token-2']);
    // The first one is over.
    await clock.advance(40_000);
    expect(await q.admin.listTopics()).toEqual([]);
  });

  it('A1 that is not taken is refused, and so is one that cannot be had', async () => {
    const tokens: TokenVerifier = { verify: () => Promise.resolve({ user: null, reason: 'it has expired' }) };
    const broker = await secured({ tokens });
    const withToken = (token: () => string) => open(broker, { mechanism: 'OAUTHBEARER', token });
    await expect(withToken(() => 'expired')).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    const broken = withToken(() => {
      throw new Error('the identity provider is away');
    });
    await expect(broken).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringMatching(/provider is away/) as string,
    });
  });
});
