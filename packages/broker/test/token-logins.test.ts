/** Clients with the tokens of a real issuer (row A1; SEC-8, SEC-15). */
import { connect } from '@q/client';
import { ManualClock } from '@q/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../src/index.ts';
import { SaidLines } from './fakes/said-lines.ts';
import { audience, TokenIssuer } from './fakes/token-issuer.ts';

async function setUp(clock?: ManualClock) {
  const issuer = await TokenIssuer.start();
  const said = new SaidLines();
  const broker = await startBroker({
    storage: 'memory',
    port: 0,
    admin: false,
    logger: said.logger,
    security: {
      mechanisms: ['OAUTHBEARER'],
      tokens: { issuer: issuer.issuer, audience, keys: 'discover', clockSkewMs: 0 },
    },
    ...(clock && { clock }),
  });
  onTestFinished(() => broker.close({ timeoutMs: 100 }));
  const open = async (token: () => string | Promise<string>) => {
    const login = { mechanism: 'OAUTHBEARER', token } as const;
    const q = await connect(broker.url, { login, connectTimeoutMs: 5_000, ...(clock && { clock }) });
    onTestFinished(() => q.close().then(() => undefined));
    return q;
  };
  return { issuer, said, broker, open };
}

describe('A1, SEC-8 a client with a token of an issuer', () => {
  it('A1, SEC-8: comes in as the user that the token names, whose changes are told as such', async () => {
    const { issuer, said, open } = await setUp();
    const q = await open(() => issuer.token({ sub: 'svc-orders' }));
    await q.admin.createTopic('orders').catch(() => undefined);
    expect(said.of('audit.login_done')).toMatchObject([{ principal: 'User:svc-orders', mechanism: 'OAUTHBEARER' }]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['has expired', { exp: 1_000_000_000, iat: 999_999_900 }, 'it has expired'],
    ['is for somebody else', { aud: 'canary' }, 'it is for somebody else: the audience is another one'],
    ['is of another issuer', { iss: 'canary' }, 'it is of another issuer'],
  ])('A1, SEC-8, SEC-15: that %s is refused; why is for the log and the audit trail alone', async (_, claims, why) => {
    const { issuer, said, open } = await setUp();
    const token = await issuer.token(claims);
    const refusal = open(() => token);
    await expect(refusal).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    await expect(refusal).rejects.not.toThrow(new RegExp(why));
    expect(said.of('login.refused')).toMatchObject([{ mechanism: 'OAUTHBEARER', reason: why }]);
    expect(said.of('audit.login_refused')).toMatchObject([{ mechanism: 'OAUTHBEARER', reason: why }]);
    const text = JSON.stringify([said.lines, await refusal.catch((error: Error) => error.message)]);
    expect(text).not.toMatch(/canary|eyJ/);
  });

  it('A1, SEC-8: goes on without a break through many tokens of 5 s, and through new keys', async () => {
    const clock = new ManualClock({ startMs: Date.now() });
    const { issuer, said, open } = await setUp(clock);
    const seconds = (ms: number): number => Math.floor(ms / 1_000);
    const shown: number[] = [];
    const q = await open(() => {
      shown.push(clock.now());
      return issuer.token({ iat: seconds(clock.now()), exp: seconds(clock.now()) + 5 });
    });
    for (let step = 1; step <= 60; step += 1) {
      if (step === 30) await issuer.rotate('second', 'RS256');
      const logins = said.of('audit.login_done').length;
      await clock.advance(1_000);
      // 80 % of 15 s, which is the least that a login holds: clients that heard 5 s would log in all the time.
      if (step % 12 === 0) await expect.poll(() => said.of('audit.login_done').length).toBe(logins + 1);
      expect(await q.admin.listTopics()).toEqual([]);
    }
    expect(shown).toHaveLength(6);
    expect(said.of('login.refused')).toEqual([]);
    expect(said.of('connection.accepted')).toHaveLength(1);
    expect(issuer.requests).toBeLessThanOrEqual(4);
  });

  it('A1, SEC-8: whose token ends and who shows no other is served until 15 s after its login, and not longer', async () => {
    const clock = new ManualClock({ startMs: Date.now() });
    const { issuer, said, open } = await setUp(clock);
    const first = await issuer.token({ exp: Math.floor(clock.now() / 1_000) + 5 });
    let isGone = false;
    const q = await open(() => {
      if (isGone) throw new Error('the issuer is away');
      isGone = true;
      return first;
    });
    await clock.advance(11_000);
    expect(await q.admin.listTopics()).toEqual([]);
    await clock.advance(5_000);
    await expect(q.admin.listTopics()).rejects.toThrow();
    expect(said.of('audit.login_done')).toHaveLength(1);
  });
});
