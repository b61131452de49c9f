/** Tokens and messages of OAUTHBEARER that nobody honest sends, over sockets (row A1; SEC-2, SEC-8, SEC-15). */
import { createHmac } from 'node:crypto';
import { bearerGiveUp, formatBearer } from '@q/protocol';
import { ManualClock, timeOverSockets } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { SaidLines } from '../../packages/broker/test/fakes/said-lines.ts';
import { audience, TokenIssuer } from '../../packages/broker/test/fakes/token-issuer.ts';
import { loginDoors } from './login-doors.ts';
import type { Heard, LoginDoor, Speaker } from './login-doors.ts';
import { SecuredBroker } from './secured-broker.ts';

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

async function scene(door: LoginDoor) {
  const issuer = await TokenIssuer.start();
  const said = new SaidLines();
  const clock = new ManualClock({ startMs: Date.now() });
  const soon = async <T>(promise: Promise<T>): Promise<T> => (await timeOverSockets(clock, promise)).value;
  const tokens = { issuer: issuer.issuer, audience, keys: issuer.url, clockSkewMs: 0 };
  const starting = SecuredBroker.start({
    mechanisms: ['OAUTHBEARER'],
    tokens,
    options: { clock, logger: said.logger },
  });
  const secured = await soon(starting);
  const greeted = (): Promise<Speaker> => soon(secured.greeted(door));
  const say = (speaker: Speaker, message: Buffer): Promise<Heard> => soon(speaker.say('OAUTHBEARER', message));
  return { issuer, said, clock, soon, greeted, say };
}

/** Tokens that say they are alice's. */
async function badTokens(issuer: TokenIssuer): Promise<Readonly<Record<string, string>>> {
  const good = await issuer.token();
  const [head, claims, signature] = good.split('.') as [string, string, string];
  const now = Math.floor(Date.now() / 1_000);
  const stranger = await TokenIssuer.start();
  const asSecret = `${encoded({ alg: 'HS256', kid: issuer.pairs[0]!.kid })}.${claims}`;
  return {
    'without an algorithm': `${encoded({ alg: 'none' })}.${claims}.`,
    'signed with the public key': `${asSecret}.${createHmac('sha256', issuer.keySet).update(asSecret).digest('base64url')}`,
    'whose claims were changed': `${head}.${encoded({ iss: issuer.issuer, aud: audience, sub: 'root', exp: now + 60 })}.${signature}`,
    'whose signature was cut': good.slice(0, -6),
    'that has expired': await issuer.token({ iat: now - 600, exp: now - 300 }),
    'that is not valid yet': await issuer.token({ nbf: now + 300 }),
    'for somebody else': await issuer.token({ aud: 'another' }),
    'of another issuer': await stranger.token({ iss: issuer.issuer }),
    'that is empty': '.',
    'that is long': 'a'.repeat(20_000),
  };
}

describe.each(loginDoors)('at the $name door', (door) => {
  it('A1, SEC-8, SEC-15: a bad token hears what any other hears, lets nobody in, and stands in no log', async () => {
    const { issuer, said, soon, greeted, say } = await scene(door);
    const [answers, refusals] = [new Set<string>(), new Set<string>()];
    const tokens = await badTokens(issuer);
    for (const [what, token] of Object.entries(tokens)) {
      const speaker = await greeted();
      const first = await say(speaker, formatBearer(token));
      expect([what, first.kind]).toEqual([what, 'more']);
      if (first.kind === 'more') answers.add(first.message.toString());
      const last = await say(speaker, bearerGiveUp);
      expect([what, last]).toEqual([what, expect.objectContaining({ kind: 'refused', code: door.refusal })]);
      if (last.kind === 'refused') refusals.add(last.words);
      await soon(speaker.socket.closed());
    }
    // Nothing tells what was wrong.
    expect([answers.size, refusals.size]).toEqual([1, 1]);
    const log = JSON.stringify(said.lines);
    for (const token of Object.values(tokens).filter(({ length }) => length > 10)) expect(log).not.toContain(token);
    expect(said.of('login.refused').length).toBe(Object.keys(tokens).length);
    expect(await say(await greeted(), formatBearer(await issuer.token()))).toMatchObject({ kind: 'done' });
  });

  it('A1, SEC-2, SEC-8: messages that are none are refused, and so is whoever goes on after a refusal', async () => {
    const { issuer, soon, greeted, say } = await scene(door);
    const good = await issuer.token();
    const messages: readonly (readonly [string, Buffer])[] = [
      ['nothing', Buffer.alloc(0)],
      ['noise', bytes('\xff\xfe\x00\x01\x01')],
      ['half a message', formatBearer(good).subarray(0, 40)],
      ['two tokens', bytes(`n,,\x01auth=Bearer ${good}\x01auth=Bearer ${good}\x01\x01`)],
      ['another scheme', bytes(`n,,\x01auth=Basic ${good}\x01\x01`)],
      ['somebody to act as', bytes(`n,a=root,\x01auth=Bearer ${good}\x01\x01`)],
      ['more than a message may have', bytes(`n,,\x01auth=Bearer ${'a'.repeat(40_000)}\x01\x01`)],
      ['thousands of extensions', bytes(`n,,\x01auth=Bearer ${good}${'\x01a=b'.repeat(5_000)}\x01\x01`)],
    ];
    for (const [what, message] of messages) {
      const speaker = await greeted();
      const heard = await say(speaker, message);
      expect([what, heard]).toEqual([what, expect.objectContaining({ kind: 'refused', code: door.refusal })]);
      await soon(speaker.socket.closed());
    }
    const speaker = await greeted();
    expect((await say(speaker, formatBearer('bad'))).kind).toBe('more');
    // A good token does not mend the exchange that was refused.
    expect((await say(speaker, formatBearer(good))).kind).toBe('refused');
  });
});
