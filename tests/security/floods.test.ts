/** Strangers who come in numbers, with wrong passwords (rows A1, W3). */
import { describe, expect, it } from 'vitest';
import { residentBytes } from '../resident-memory.ts';
import { alice, Honest, honestMsMax } from './honest.ts';
import { loginDoors } from './login-doors.ts';
import { logIn } from './scram-login.ts';
import { SecuredBroker } from './secured-broker.ts';

const bob = { username: 'bob', password: 'bob-pw' };
const grownBytesMax = 128 << 20;

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

describe('100 failed logins a second from one address', () => {
  it.each(loginDoors)(
    'A1, SEC-9, SEC-13: at the $name door are checked one after another, and nobody else is held up',
    { timeout: 30_000 },
    async (door) => {
      const secured = await SecuredBroker.start({ mechanisms: ['SCRAM-SHA-256'] });
      const honest = await Honest.begin(secured.broker.url, false);
      expect((await logIn(await secured.greeted(door), bob)).kind).toBe('done');
      const before = residentBytes(process.pid);
      const attempts: Promise<string>[] = [];
      const failing = async (at: number): Promise<string> => {
        const speaker = await secured.greeted(door);
        // The same name mostly, to be held back long, and others.
        const username = at % 4 === 0 ? `stranger-${at}` : 'alice';
        const heard = await logIn(speaker, { username, password: 'wrong' });
        await speaker.socket.closed();
        return heard.kind === 'refused' ? heard.code : heard.kind;
      };
      for (let at = 0; at < 150; at += 1) {
        attempts.push(failing(at));
        await pause(10);
        // At once come in: others who have come from this address before, and the same user from another one.
        if (at % 50 === 25) {
          const from = performance.now();
          expect((await logIn(await secured.greeted(door), bob)).kind).toBe('done');
          expect((await logIn(await secured.greeted(door, '127.0.0.2'), alice)).kind).toBe('done');
          expect(performance.now() - from).toBeLessThan(honestMsMax);
        }
      }
      const outcomes = await Promise.all(attempts);
      expect(new Set(outcomes)).toEqual(new Set([door.refusal, door.notNow]));
      // Most were about one user. Those of others take four turns a second after the first ten.
      expect(outcomes.filter((each) => each === door.refusal).length).toBeLessThan(60);
      await honest.end();
      expect(honest.sent).toBeGreaterThan(30);
      expect(honest.slowestMs).toBeLessThan(honestMsMax);
      expect(residentBytes(process.pid) - before).toBeLessThan(grownBytesMax);
    },
  );
});
