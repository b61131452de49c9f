/** Tokens of a real issuer at the Kafka door, good and bad, and through the program's settings (row A1; SEC-8). */
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adminExtension } from '@q/admin';
import { startBroker } from '@q/broker';
import { connect } from '@q/client';
import { kafkaDoor } from '@q/kafka-gateway';
import { formatBearer } from '@q/protocol';
import { BrokerProcess, ManualClock } from '@q/testkit';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SaidLines } from '../../packages/broker/test/fakes/said-lines.ts';
import { audience, TokenIssuer } from '../../packages/broker/test/fakes/token-issuer.ts';
import { RawClient } from '../../packages/kafka-gateway/test/harness.ts';
import { metadata } from '../../packages/kafka-gateway/src/messages/metadata.ts';
import { saslAuthenticate } from '../../packages/kafka-gateway/src/messages/sasl-authenticate.ts';
import { saslHandshake } from '../../packages/kafka-gateway/src/messages/sasl-handshake.ts';

async function setUp(clock?: ManualClock) {
  const issuer = await TokenIssuer.start();
  const said = new SaidLines();
  const broker = await startBroker({
    storage: 'memory',
    port: 0,
    admin: { port: 0, extension: adminExtension() },
    logger: said.logger,
    doors: [kafkaDoor({ port: 0 })],
    security: {
      mechanisms: ['OAUTHBEARER'],
      tokens: { issuer: issuer.issuer, audience, keys: issuer.url, clockSkewMs: 0 },
      superUsers: ['User:alice'],
    },
    ...(clock && { clock }),
  });
  onTestFinished(() => broker.close({ timeoutMs: 100 }));
  const { port } = broker.doors.find(({ name }) => name === 'kafka')!;
  return { issuer, said, port, adminUrl: broker.adminUrl! };
}

async function show(client: RawClient, token: string) {
  expect(await client.ask(saslHandshake, 1, { mechanism: 'OAUTHBEARER' })).toMatchObject({ errorCode: 0 });
  return client.ask(saslAuthenticate, 2, { authBytes: formatBearer(token) });
}

async function isServed(client: RawClient): Promise<boolean> {
  client.send(metadata, 12, { topics: [], allowAutoTopicCreation: false });
  return (await client.nextFrame()) !== null;
}

const unknownKey = 'it is signed with a key that is not among those of the issuer';

describe('A1, SEC-8 tokens at the Kafka door', () => {
  it('A1, SEC-8: let kafkajs in, which produces and is told apart by its name', async () => {
    const { issuer, said, port } = await setUp();
    const oauthBearerProvider = async () => ({ value: await issuer.token() });
    const kafka = new Kafka({
      brokers: [`127.0.0.1:${port}`],
      clientId: 'billing',
      logLevel: logLevel.NOTHING,
      sasl: { mechanism: 'oauthbearer', oauthBearerProvider },
    });
    const admin = kafka.admin();
    onTestFinished(() => admin.disconnect());
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 1 }] });
    const who = { principal: 'User:alice', door: 'kafka', clientId: 'billing' };
    expect(said.of('audit.login_done')[0]).toMatchObject({ ...who, mechanism: 'OAUTHBEARER' });
    expect(said.of('audit.topic_created')).toMatchObject([{ ...who, resourceName: 'orders' }]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, object, string]>([
    ['has expired', { exp: 1_000_000_000, iat: 999_999_900 }, {}, 'it has expired'],
    ['is for somebody else', { aud: 'canary' }, {}, 'it is for somebody else: the audience is another one'],
    ['names no key of the issuer', {}, { kid: 'canary' }, unknownKey],
  ])('A1, SEC-8, SEC-15: one that %s is refused, and only the log says why', async (_, claims, header, reason) => {
    const { issuer, said, port } = await setUp();
    const client = await RawClient.connect(port);
    const token = await issuer.token(claims, header);
    const answer = await show(client, token);
    expect([answer.errorCode, answer.authBytes.toString()]).toEqual([0, '{"status":"invalid_token"}']);
    const last = await client.ask(saslAuthenticate, 2, { authBytes: Buffer.of(1) });
    expect(last).toMatchObject({ errorCode: 58 });
    expect(JSON.stringify(last)).not.toContain(reason);
    expect(said.of('audit.login_refused')).toMatchObject([{ reason, door: 'kafka', principal: 'User:ANONYMOUS' }]);
    expect(JSON.stringify(said.lines)).not.toMatch(/canary|eyJ/);
  });

  it('A1, SEC-8: of 5 s hold for 15 s, which is the least that clients bear, and are renewed on the connection', async () => {
    const clock = new ManualClock({ startMs: Date.now() });
    const { issuer, port } = await setUp(clock);
    const client = await RawClient.connect(port);
    const short = () => issuer.token({ exp: Math.floor(clock.now() / 1_000) + 5 }, {}, clock.now());
    expect(await show(client, await short())).toMatchObject({ errorCode: 0, sessionLifetimeMs: 15_000 });
    for (let round = 0; round < 3; round += 1) {
      await clock.advance(14_000);
      expect(await isServed(client)).toBe(true);
      expect(await show(client, await short())).toMatchObject({ errorCode: 0, sessionLifetimeMs: 15_000 });
    }
    await clock.advance(15_000);
    expect(await isServed(client)).toBe(false);
  });
});

describe('A1, SEC-8 tokens at the admin interface', () => {
  it('A1, SEC-8, SEC-15: let whoever they name in; bad ones are 401, and only the log says why', async () => {
    const { issuer, said, adminUrl } = await setUp();
    const ask = async (token: string) => {
      const url = `${adminUrl}/api/v1/audit?limit=100`;
      // The rest of the interface is loaded after the start.
      for (;;) {
        const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
        if (response.status !== 503) return response;
      }
    };
    const good = await ask(await issuer.token());
    expect(good.status).toBe(200);
    expect((await ask(await issuer.token({ sub: 'bob' }))).status).toBe(403);
    const bad: [Readonly<Record<string, unknown>>, object, string][] = [
      [{ exp: 1_000_000_000, iat: 999_999_900 }, {}, 'it has expired'],
      [{ aud: 'canary' }, {}, 'it is for somebody else: the audience is another one'],
      [{}, { kid: 'canary' }, unknownKey],
    ];
    for (const [claims, header, reason] of bad) {
      const response = await ask(await issuer.token(claims, header));
      expect([reason, response.status]).toEqual([reason, 401]);
      expect(await response.text()).not.toContain(reason);
      expect(said.of('audit.login_refused').at(-1)).toMatchObject({ reason, door: 'admin', mechanism: 'OAUTHBEARER' });
    }
    expect(said.of('audit.denied')).toMatchObject([{ principal: 'User:bob', resourceName: '__audit', door: 'admin' }]);
    expect(JSON.stringify(said.lines)).not.toMatch(/canary|eyJ/);
  });
});

describe('A1, SEC-8 tokens by the settings of the program', () => {
  it('A1, SEC-8: oauthIssuer, oauthAudience and oauthKeys let clients in with tokens, and nobody else', async () => {
    const issuer = await TokenIssuer.start();
    const folder = mkdtempSync(join(tmpdir(), 'q-tokens-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const keys = join(folder, 'keys.json');
    writeFileSync(keys, issuer.keySet);
    const main = fileURLToPath(new URL('../../apps/broker/src/main.ts', import.meta.url));
    const tokens = ['--oauth-issuer', issuer.issuer, '--oauth-audience', audience, '--oauth-keys', keys];
    await using broker = await BrokerProcess.start({ main, args: ['--storage', 'memory', ...tokens] });
    const login = { mechanism: 'OAUTHBEARER', token: () => issuer.token() } as const;
    await using q = await connect(broker.url, { login });
    expect(await q.admin.ping()).toBeGreaterThan(0);
    await expect(connect(broker.url)).rejects.toMatchObject({ code: 'AUTHENTICATION_REQUIRED' });
    await expect.poll(() => broker.log).toMatch(/"event":"audit.login_done","principal":"User:alice"/);
  });
});
