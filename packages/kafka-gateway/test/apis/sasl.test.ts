/** Who comes in by the Kafka door, and what a real Kafka 4.4 tells those who do not (`sasl-4.4.json`). */
import type { TokenVerifier } from '@q/broker';
import { ScramClient, bearerGiveUp, bearerRefusal, formatBearer, formatPlain } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { kafkaErrorCode } from '../../src/errors/kafka-errors.ts';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { metadata } from '../../src/messages/metadata.ts';
import { saslAuthenticate } from '../../src/messages/sasl-authenticate.ts';
import { saslHandshake } from '../../src/messages/sasl-handshake.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { logIn, saltedWith } from '../logging-in.ts';

const everything = { topics: null, allowAutoTopicCreation: false };

/** A broker that asks everybody, with one user. */
async function secured(tokens?: TokenVerifier) {
  const { broker, kafkaPort } = await kafkaBroker({
    security: {
      superUsers: ['User:alice'],
      mechanisms: ['SCRAM-SHA-256', 'SCRAM-SHA-512', ...(tokens === undefined ? [] : (['OAUTHBEARER'] as const))],
      ...(tokens !== undefined && { tokens }),
    },
  });
  await broker.users!.setPassword('alice', 'alice-pw');
  return RawClient.connect(kafkaPort);
}

describe('A1 a client that shows who it is', () => {
  it.each(['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('A1 is let in by %s, and served', async (mechanism) => {
    const client = await secured();
    expect(await client.ask(apiVersions, 0, {})).toMatchObject({ errorCode: 0 });
    expect(await logIn(client, 'alice', 'alice-pw', mechanism)).toEqual({
      errorCode: 0,
      errorMessage: '',
      authBytes: expect.any(Buffer) as Buffer,
      sessionLifetimeMs: 0,
    });
    expect((await client.ask(metadata, 12, everything)).topics).not.toHaveLength(0);
    // It has said so for good, as with Kafka: asked for again it is out of place, and the connection goes on.
    expect(await client.ask(saslHandshake, 1, { mechanism })).toMatchObject({
      errorCode: kafkaErrorCode.ILLEGAL_SASL_STATE,
    });
    expect(await client.ask(saslAuthenticate, 2, { authBytes: Buffer.alloc(0) })).toMatchObject({
      errorCode: kafkaErrorCode.ILLEGAL_SASL_STATE,
    });
    expect((await client.ask(metadata, 12, everything)).topics).not.toHaveLength(0);
  });

  it.each([
    ['a wrong password', 'alice', 'wrong'],
    ['an unknown user', 'mallory', 'alice-pw'],
  ])('A1 SEC-8 with %s is refused in the words of Kafka, and hung up on', async (_what, user, password) => {
    const client = await secured();
    expect(await logIn(client, user, password)).toEqual({
      errorCode: kafkaErrorCode.SASL_AUTHENTICATION_FAILED,
      errorMessage:
        'Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-256',
      authBytes: Buffer.alloc(0),
      sessionLifetimeMs: 0,
    });
    expect(await client.nextFrame()).toBeNull();
  });

  it('A1 SEC-13 as a user with as many connections as may be is hung up on, until one of them goes', async () => {
    const security = { superUsers: ['User:alice'], mechanisms: ['SCRAM-SHA-256'] as const };
    const { broker, kafkaPort } = await kafkaBroker({ security, limits: { connectionsPerUserMax: 1 } });
    await broker.users!.setPassword('alice', 'alice-pw');
    const first = await RawClient.connect(kafkaPort);
    expect(await logIn(first, 'alice', 'alice-pw')).toMatchObject({ errorCode: 0 });
    const second = await RawClient.connect(kafkaPort);
    await expect(logIn(second, 'alice', 'alice-pw')).rejects.toThrow('the broker hung up');
    first.socket.destroy();
    let answer: unknown = null;
    while (answer === null) {
      const again = await RawClient.connect(kafkaPort);
      answer = await logIn(again, 'alice', 'alice-pw').catch(() => null);
    }
    expect(answer).toMatchObject({ errorCode: 0 });
  });

  it('A1 by a mechanism that there is not is told which there are, and hung up on', async () => {
    const client = await secured();
    // PLAIN would go over the wire as it is.
    expect(await client.ask(saslHandshake, 1, { mechanism: 'PLAIN' })).toEqual({
      errorCode: kafkaErrorCode.UNSUPPORTED_SASL_MECHANISM,
      mechanisms: ['SCRAM-SHA-256', 'SCRAM-SHA-512'],
    });
    expect(await client.nextFrame()).toBeNull();
  });

  it('A1 SEC-7 is served nothing before, without a word', async () => {
    const client = await secured();
    client.send(metadata, 12, everything);
    expect(await client.nextFrame()).toBeNull();
  });

  it('A1 SEC-7 half way in is served nothing either', async () => {
    const client = await secured();
    await client.ask(saslHandshake, 1, { mechanism: 'SCRAM-SHA-256' });
    await client.ask(saslAuthenticate, 2, { authBytes: Buffer.from('n,,n=alice,r=abc') });
    client.send(metadata, 12, everything);
    expect(await client.nextFrame()).toBeNull();
  });

  it('A1 without a handshake is hung up on', async () => {
    const client = await secured();
    client.send(saslAuthenticate, 2, { authBytes: formatPlain({ authorizationId: '', username: 'a', password: 'b' }) });
    expect(await client.nextFrame()).toBeNull();
  });

  it('A1 SEC-2 cannot have a large frame kept for it before', async () => {
    const client = await secured();
    const length = Buffer.alloc(4);
    length.writeUInt32BE(1 << 20);
    client.socket.write(length);
    expect(await client.nextFrame()).toBeNull();
  });

  it('A1 with messages that make no sense is refused', async () => {
    const client = await secured();
    await client.ask(saslHandshake, 1, { mechanism: 'SCRAM-SHA-256' });
    expect(await client.ask(saslAuthenticate, 2, { authBytes: Buffer.from('y,,n=alice,r=abc') })).toMatchObject({
      errorCode: kafkaErrorCode.SASL_AUTHENTICATION_FAILED,
    });
    expect(await client.nextFrame()).toBeNull();
  });

  it('A1 of the oldest kind sends its messages bare, and is let in', async () => {
    const client = await secured();
    const mechanism = 'SCRAM-SHA-256';
    expect(await client.ask(saslHandshake, 0, { mechanism })).toMatchObject({ errorCode: 0 });
    const exchange = new ScramClient({
      mechanism,
      username: 'alice',
      nonce: 'abc',
      saltPassword: (salt, rounds) => saltedWith(mechanism, { password: 'alice-pw', salt, rounds }),
    });
    client.sendFrame(exchange.first());
    client.sendFrame(await exchange.final((await client.nextFrame())!));
    exchange.check((await client.nextFrame())!);
    expect((await client.ask(metadata, 12, everything)).topics).not.toHaveLength(0);
  });

  it('A1 of a broker that asks nobody is told so', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    expect(await client.ask(saslHandshake, 1, { mechanism: 'PLAIN' })).toEqual({
      errorCode: kafkaErrorCode.ILLEGAL_SASL_STATE,
      mechanisms: [],
    });
    expect((await client.ask(metadata, 12, everything)).topics).not.toHaveLength(0);
  });
});

describe('A1 a client with a token', () => {
  const tokens: TokenVerifier = {
    verify: (token) =>
      Promise.resolve(
        token === 'good'
          ? { user: 'alice', expiresAtMs: Date.now() + 60_000, reason: null }
          : { user: null, reason: 'it has expired' },
      ),
  };

  async function withToken(client: RawClient, token: string) {
    await client.ask(saslHandshake, 1, { mechanism: 'OAUTHBEARER' });
    return client.ask(saslAuthenticate, 2, { authBytes: formatBearer(token) });
  }

  it('A1 is let in for as long as that holds, and shows it again on the same connection', async () => {
    const client = await secured(tokens);
    const { errorCode, sessionLifetimeMs } = await withToken(client, 'good');
    expect(errorCode).toBe(0);
    expect(sessionLifetimeMs).toBeGreaterThan(50_000);
    expect(sessionLifetimeMs).toBeLessThanOrEqual(60_000);
    expect((await withToken(client, 'good')).errorCode).toBe(0);
    expect((await client.ask(metadata, 12, everything)).topics).not.toHaveLength(0);
  });

  it('A1 that is not taken hears why in JSON, says that it has heard, and is refused', async () => {
    const client = await secured(tokens);
    const told = await withToken(client, 'bad');
    expect(told).toMatchObject({ errorCode: 0, authBytes: bearerRefusal });
    expect(await client.ask(saslAuthenticate, 2, { authBytes: bearerGiveUp })).toMatchObject({
      errorCode: kafkaErrorCode.SASL_AUTHENTICATION_FAILED,
      errorMessage: bearerRefusal.toString(),
    });
    expect(await client.nextFrame()).toBeNull();
  });

  it('A1 cannot become somebody else', async () => {
    const client = await secured({
      verify: (user) => Promise.resolve({ user, expiresAtMs: Date.now() + 60_000, reason: null }),
    });
    expect((await withToken(client, 'alice')).errorCode).toBe(0);
    expect((await withToken(client, 'bob')).errorCode).toBe(kafkaErrorCode.SASL_AUTHENTICATION_FAILED);
    expect(await client.nextFrame()).toBeNull();
  });
});
