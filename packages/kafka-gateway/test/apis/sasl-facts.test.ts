/** What a real Kafka 4.4 and its clients do while they find out about each other (facts, "Broker, authentication"). */
import { readFileSync } from 'node:fs';
import { formatBearer, formatPlain, ScramClient } from '@q/protocol';
import type { BrokerOptions, TokenVerifier } from '@q/broker';
import { describe, expect, it } from 'vitest';
import { kafkaErrorCode } from '../../src/errors/kafka-errors.ts';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { metadata } from '../../src/messages/metadata.ts';
import { saslAuthenticate } from '../../src/messages/sasl-authenticate.ts';
import { saslHandshake } from '../../src/messages/sasl-handshake.ts';
import { kafkaBroker, RawClient, readAnswer, requestFrame } from '../harness.ts';
import { logIn, saltedWith } from '../logging-in.ts';

const pem = (name: string): Buffer =>
  readFileSync(new URL(`../../../broker/test/certificates/${name}`, import.meta.url));
const nothing = { topics: [], allowAutoTopicCreation: false };
const named = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' };
const tokens: TokenVerifier = {
  verify: (token) =>
    Promise.resolve(
      token === 'good'
        ? { user: 'alice', expiresAtMs: Date.now() + 60_000, reason: null }
        : { user: null, reason: 'it has expired' },
    ),
};

interface Logged {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A broker behind TLS with alice, and what its log has. */
async function scene() {
  const log: Logged[] = [];
  const note = (fields: object): void => void log.push(fields as Logged);
  const logger: NonNullable<BrokerOptions['logger']> = { debug: note, info: note, warn: note, error: note };
  const { broker, kafkaPort } = await kafkaBroker({
    logger,
    doorTls: { cert: pem('broker.pem'), key: pem('broker.key') },
    security: { mechanisms: ['SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN', 'OAUTHBEARER'], tokens },
  });
  await broker.users!.setPassword('alice', 'alice-pw');
  return { log, connect: () => RawClient.connect(kafkaPort, { ca: pem('ca.pem') }) };
}

const plain = (password: string, { username = 'alice', authorizationId = '' } = {}): Buffer =>
  formatPlain({ authorizationId, username, password });

async function shown(client: RawClient, mechanism: string, authBytes: Buffer, version = 2) {
  expect(await client.ask(saslHandshake, 1, { mechanism })).toMatchObject({ errorCode: 0 });
  return client.ask(saslAuthenticate, version, { authBytes });
}

async function isServed(client: RawClient): Promise<boolean> {
  client.send(metadata, 12, nothing);
  return (await client.nextFrame()) !== null;
}

describe('A1 facts, What each client sends', () => {
  // Java v0, platformatic v1, kafkajs v2, librdkafka and sarama v3, franz-go v5.
  it.each([0, 1, 2, 3, 4, 5])('A1: ApiVersions %i is answered before and after authentication', async (version) => {
    const client = await (await scene()).connect();
    expect((await client.ask(apiVersions, version, named)).errorCode).toBe(0);
    expect((await shown(client, 'PLAIN', plain('alice-pw'))).errorCode).toBe(0);
    expect((await client.ask(apiVersions, version, named)).errorCode).toBe(0);
  });

  it.each([0, 1, 2])(
    'A1: SaslAuthenticate %i is taken: kafkajs and librdkafka send 1, the others 2',
    async (version) => {
      const client = await (await scene()).connect();
      expect((await shown(client, 'PLAIN', plain('alice-pw'), version)).errorCode).toBe(0);
      expect(await isServed(client)).toBe(true);
    },
  );

  it("A1: correlation ids from 0x7ffffff8 up come back, as Java's do before the end of authentication", async () => {
    const client = await (await scene()).connect();
    const correlationId = 0x7ffffff8;
    const body = { mechanism: 'PLAIN' };
    client.sendFrame(requestFrame(saslHandshake, { version: 1, correlationId, clientId: '', body }));
    expect(readAnswer(saslHandshake, 1, (await client.nextFrame())!)).toMatchObject({
      correlationId,
      body: { errorCode: 0 },
    });
  });

  it.each(['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
    'A1: %s with the header n,, lets in through TLS',
    async (mechanism) => {
      const client = await (await scene()).connect();
      expect((await logIn(client, 'alice', 'alice-pw', mechanism)).errorCode).toBe(0);
      expect(await isServed(client)).toBe(true);
    },
  );
});

describe('A1 facts, Broker, authentication', () => {
  it('A1: the handshake answers 0 and the list of mechanisms', async () => {
    const client = await (await scene()).connect();
    const mechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN', 'OAUTHBEARER'];
    expect(await client.ask(saslHandshake, 1, { mechanism: 'PLAIN' })).toEqual({ errorCode: 0, mechanisms });
  });

  it('A1: an unknown mechanism is answered with 33 and the list, after the delay, and hung up on', async () => {
    const client = await (await scene()).connect();
    const begun = performance.now();
    expect(await client.ask(saslHandshake, 1, { mechanism: 'GSSAPI' })).toMatchObject({
      errorCode: 33,
      mechanisms: expect.arrayContaining(['PLAIN']) as string[],
    });
    expect(performance.now() - begun).toBeGreaterThan(99);
    expect(await client.nextFrame()).toBeNull();
  });

  it('A1: after handshake 0 PLAIN is a raw token, answered with an empty one', async () => {
    const client = await (await scene()).connect();
    await client.ask(saslHandshake, 0, { mechanism: 'PLAIN' });
    client.sendFrame(plain('alice-pw'));
    expect(await client.nextFrame()).toEqual(Buffer.alloc(0));
    expect(await isServed(client)).toBe(true);
  });

  it.each([
    ['a wrong password', () => plain('wrong')],
    ['something else', () => Buffer.from('hello')],
    ['nothing', () => Buffer.alloc(0)],
  ])('A1: after handshake 0 %s is hung up on, without an answer', async (_what, token) => {
    const client = await (await scene()).connect();
    await client.ask(saslHandshake, 0, { mechanism: 'PLAIN' });
    client.sendFrame(token());
    expect(await client.nextFrame()).toBeNull();
  });

  it.each([
    ['Metadata', (client: RawClient) => client.send(metadata, 12, nothing)],
    ['SaslAuthenticate', (client: RawClient) => client.send(saslAuthenticate, 2, { authBytes: plain('alice-pw') })],
  ])('A1, SEC-7: %s before a handshake is hung up on, without an answer', async (_what, send) => {
    const client = await (await scene()).connect();
    send(client);
    expect(await client.nextFrame()).toBeNull();
  });

  it('A1: success has error 0, an empty message that is there, and empty bytes for PLAIN and OAUTHBEARER', async () => {
    const { connect } = await scene();
    const welcome = { errorCode: 0, errorMessage: '', authBytes: Buffer.alloc(0) };
    expect(await shown(await connect(), 'PLAIN', plain('alice-pw'))).toMatchObject(welcome);
    expect(await shown(await connect(), 'OAUTHBEARER', formatBearer('good'))).toMatchObject(welcome);
  });

  it.each([
    ['an unknown user', plain('alice-pw', { username: 'mallory' })],
    ['a wrong password', plain('wrong')],
    ['an empty password', plain('')],
    ["somebody else's authorization id", plain('alice-pw', { authorizationId: 'bob' })],
  ])('A1, SEC-8: PLAIN with %s is answered with 58 and one text, and hung up on', async (_what, message) => {
    const client = await (await scene()).connect();
    expect(await shown(client, 'PLAIN', message)).toEqual({
      errorCode: kafkaErrorCode.SASL_AUTHENTICATION_FAILED,
      errorMessage: 'Authentication failed: Invalid username or password',
      authBytes: Buffer.alloc(0),
      sessionLifetimeMs: 0,
    });
    expect(await client.nextFrame()).toBeNull();
  });

  it("A1: the authorization id may be the user's own", async () => {
    const client = await (await scene()).connect();
    expect((await shown(client, 'PLAIN', plain('alice-pw', { authorizationId: 'alice' }))).errorCode).toBe(0);
  });

  it.each(['y,,n=alice,r=abc', 'p=tls-unique,,n=alice,r=abc', 'n,a=bob,n=alice,r=abc', 'n,,n=alice', 'n,,', ''])(
    'A1: SCRAM that begins with %j is refused with 58, and hung up on',
    async (first) => {
      const client = await (await scene()).connect();
      expect(await shown(client, 'SCRAM-SHA-256', Buffer.from(first))).toMatchObject({ errorCode: 58 });
      expect(await client.nextFrame()).toBeNull();
    },
  );

  it("A1: SCRAM tells a salt, iterations that Kafka's clients take, and a nonce that begins with theirs", async () => {
    const client = await (await scene()).connect();
    const { authBytes } = await shown(client, 'SCRAM-SHA-256', Buffer.from('n,,n=alice,r=abc'));
    const [, nonce, salt, iterations] = /^r=(.*),s=(.*),i=(\d+)$/.exec(authBytes.toString())!;
    expect(nonce).toMatch(/^abc.{20,}$/);
    expect(Buffer.from(salt!, 'base64').length).toBeGreaterThanOrEqual(8);
    expect(Number(iterations)).toBe(16_384);
  });

  it('A1, SEC-8: SCRAM tells an unknown user a salt that is the same each time', async () => {
    const { connect } = await scene();
    const salts = [];
    for (let time = 0; time < 2; time += 1) {
      const { authBytes } = await shown(await connect(), 'SCRAM-SHA-256', Buffer.from('n,,n=nobody,r=abc'));
      salts.push(/,s=(.*),i=16384$/.exec(authBytes.toString())![1]);
    }
    expect(salts[0]).toBe(salts[1]);
  });

  it('A1, SEC-8: the last message of SCRAM with another nonce is refused', async () => {
    const client = await (await scene()).connect();
    const mechanism = 'SCRAM-SHA-256';
    const saltPassword = (salt: Buffer, rounds: number) =>
      saltedWith(mechanism, { password: 'alice-pw', salt, rounds });
    const exchange = new ScramClient({ mechanism, username: 'alice', nonce: 'abc', saltPassword });
    const { authBytes } = await shown(client, mechanism, exchange.first());
    const final = (await exchange.final(authBytes)).toString().replace('r=abc', 'r=abd');
    expect((await client.ask(saslAuthenticate, 2, { authBytes: Buffer.from(final) })).errorCode).toBe(58);
    expect(await client.nextFrame()).toBeNull();
  });

  it('A1: after authentication a handshake and a message are 34, and the connection stays usable', async () => {
    const client = await (await scene()).connect();
    await shown(client, 'PLAIN', plain('alice-pw'));
    expect((await client.ask(saslHandshake, 1, { mechanism: 'PLAIN' })).errorCode).toBe(34);
    const { errorCode, errorMessage } = await client.ask(saslAuthenticate, 2, { authBytes: plain('alice-pw') });
    expect([errorCode, errorMessage]).toEqual([34, expect.stringContaining('SaslHandshake')]);
    expect(await isServed(client)).toBe(true);
  });
});

describe('A1 facts, What a wrong password does', () => {
  // librdkafka comes again for ever, two to three times a second.
  it('A1, SEC-9: the answer itself is held back, each time for longer, and it does not lock the user out', async () => {
    const { connect } = await scene();
    for (const leastMs of [100, 200, 400]) {
      const client = await connect();
      const begun = performance.now();
      expect((await shown(client, 'PLAIN', plain('wrong'))).errorCode).toBe(58);
      expect(performance.now() - begun).toBeGreaterThan(leastMs - 1);
    }
    const begun = performance.now();
    expect((await shown(await connect(), 'PLAIN', plain('alice-pw'))).errorCode).toBe(0);
    expect(performance.now() - begun).toBeLessThan(400);
  });
});

describe('A1 facts, OAUTHBEARER', () => {
  it('A1: whoever takes the first answer for success (kafkajs) is hung up on at the next request', async () => {
    const client = await (await scene()).connect();
    const first = await shown(client, 'OAUTHBEARER', formatBearer('bad'));
    expect([first.errorCode, first.authBytes.toString()]).toEqual([0, '{"status":"invalid_token"}']);
    expect(await isServed(client)).toBe(false);
  });

  it('A1: platformatic asks for versions then, and is answered: the next request is hung up on', async () => {
    const client = await (await scene()).connect();
    await shown(client, 'OAUTHBEARER', formatBearer('bad'));
    expect((await client.ask(apiVersions, 3, named)).errorCode).toBe(0);
    expect(await isServed(client)).toBe(false);
  });

  it('A1, SEC-15: the refusal stands in the log at its first step, with its reason, and without the token', async () => {
    const { log, connect } = await scene();
    await shown(await connect(), 'OAUTHBEARER', formatBearer('bad-canary'));
    expect(log.filter(({ event }) => event === 'login.refused')).toMatchObject([
      { door: 'kafka', mechanism: 'OAUTHBEARER', reason: 'it has expired', address: '127.0.0.1' },
    ]);
    expect(JSON.stringify(log)).not.toContain('canary');
  });
});

describe('A1 facts, What an operator sees', () => {
  it('A1, SEC-15: why a client was hung up on: it skipped the login, or failed it; not that it sent nonsense', async () => {
    const { log, connect } = await scene();
    const skips = await connect();
    expect(await isServed(skips)).toBe(false);
    const fails = await connect();
    await shown(fails, 'PLAIN', plain('wrong'));
    expect(await fails.nextFrame()).toBeNull();
    const dropped = () => log.filter(({ event }) => event === 'connection.dropped').map(({ reason }) => reason);
    await expect.poll(dropped).toEqual(['AUTHENTICATION_REQUIRED', 'AUTHENTICATION_FAILED']);
  });

  it('A1, SEC-15: who was not let in, from where and why - with the name, which Kafka leaves out; no password', async () => {
    const { log, connect } = await scene();
    await shown(await connect(), 'PLAIN', plain('canary-pw', { username: 'mallory' }));
    const [refused] = log.filter(({ event }) => event === 'login.refused');
    expect(refused).toMatchObject({
      door: 'kafka',
      mechanism: 'PLAIN',
      user: 'mallory',
      address: '127.0.0.1',
      reason: 'wrong password, or no such user',
      connectionId: expect.any(Number) as number,
    });
    expect(JSON.stringify(log)).not.toContain('canary');
  });
});
