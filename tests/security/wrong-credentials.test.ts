/** What a wrong password and an unknown name look like from outside: the same bytes, after the same time (row A1). */
import { pbkdf2Sync } from 'node:crypto';
import { formatPlain } from '@q/protocol';
import { nodeClock } from '@q/broker';
import type { Clock } from '@q/broker';
import { describe, expect, it } from 'vitest';
import { loginDoors } from './login-doors.ts';
import type { LoginDoor, Speaker } from './login-doors.ts';
import { logIn } from './scram-login.ts';
import { SecuredBroker } from './secured-broker.ts';

const tries = 40;
const roundsMax = 4;
/** The first failure of a name is held back for 100 ms. Here it is less, to try often. */
const heldBackMsLess = 80;

/** Known and unknown names of one length. Each is tried once, so that its failure is its first and held back least. */
const known = (at: number): string => `user-${String(at).padStart(3, '0')}`;
const unknown = (at: number): string => `none-${String(at).padStart(3, '0')}`;

type Attempt = (speaker: Speaker, username: string) => Promise<unknown>;

const attempts: readonly (readonly [mechanism: 'PLAIN' | 'SCRAM-SHA-256', attempt: Attempt])[] = [
  [
    'PLAIN',
    (speaker, username) => speaker.say('PLAIN', formatPlain({ authorizationId: '', username, password: 'wrong' })),
  ],
  ['SCRAM-SHA-256', (speaker, username) => logIn(speaker, { username, password: 'wrong' })],
];

const shapes = loginDoors.flatMap((door) => attempts.map((each) => [door, ...each] as const));

/** All that the broker has said, without what is made anew for each exchange, and the time until it hung up, in ms. */
async function tried(
  secured: SecuredBroker,
  { door, attempt, username }: { door: LoginDoor; attempt: Attempt; username: string },
): Promise<{ said: string; elapsedMs: number }> {
  // Each name from an address of its own: one that guesses much is checked in turns.
  const number = Number(username.slice(-3)) * 2 + (username.startsWith('user') ? 1 : 0);
  const speaker = await secured.greeted(door, `127.0.${1 + (number >> 7)}.${1 + (number & 127)}`);
  const from = performance.now();
  await attempt(speaker, username);
  await speaker.socket.closed();
  const elapsedMs = performance.now() - from;
  const said = speaker.socket.received.toString('latin1').replaceAll(/r=[^,]*,s=[^,]*,/g, 'r=…,s=…,');
  return { said, elapsedMs };
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)]!;
}

/** What a broker would save that does no work for a name that nobody has. */
function derivationMs(): number {
  const times = Array.from({ length: 5 }, () => {
    const from = performance.now();
    pbkdf2Sync('wrong', 'salt', 16_384, 32, 'sha256');
    return performance.now() - from;
  });
  return medianOf(times);
}

/** By how many ms the median answers to known and unknown names differ. What they say must not. */
async function differenceOf(
  secured: SecuredBroker,
  { door, attempt, round }: { door: LoginDoor; attempt: Attempt; round: number },
): Promise<number> {
  const first = round * tries;
  for (let at = first; at < first + tries; at += 1) await secured.broker.users!.setPassword(known(at), 'right');
  const said = new Set<string>();
  const times: Readonly<Record<'known' | 'unknown', number[]>> = { known: [], unknown: [] };
  for (let at = first; at < first + tries; at += 1) {
    const pair = [['known', known(at)] as const, ['unknown', unknown(at)] as const];
    for (const [who, username] of at % 2 === 0 ? pair : pair.toReversed()) {
      const one = await tried(secured, { door, attempt, username });
      said.add(one.said);
      times[who].push(one.elapsedMs);
    }
  }
  expect([...said]).toHaveLength(1);
  expect([...said].join()).not.toMatch(/user-|none-|wrong/);
  return Math.abs(medianOf(times.known) - medianOf(times.unknown));
}

describe.each(shapes)('at the $name door', (door, mechanism, attempt) => {
  it(
    `A1, SEC-8: by ${mechanism} an unknown name looks like a wrong password, in each byte and in time`,
    { timeout: 60_000 },
    async () => {
      const clock: Clock = {
        ...nodeClock,
        schedule: (delayMs, run) =>
          nodeClock.schedule(delayMs > heldBackMsLess && delayMs <= 100 ? delayMs - heldBackMsLess : delayMs, run),
      };
      const isEncrypted = mechanism === 'PLAIN';
      const secured = await SecuredBroker.start({ mechanisms: [mechanism], isEncrypted, options: { clock } });
      // Less than the work that a wrong password of a known name costs.
      const boundMs = derivationMs() * 0.7;
      // Other work on the machine makes a difference now and then; one that is there is there each time.
      let difference = Infinity;
      for (let round = 0; round < roundsMax && difference > boundMs; round += 1)
        difference = await differenceOf(secured, { door, attempt, round });
      expect(difference).toBeLessThan(boundMs);
    },
  );
});

describe('the salt of a name that nobody has', () => {
  it.each(loginDoors)('A1, SEC-8: is the same each time at the $name door, and another for each name', async (door) => {
    const secured = await SecuredBroker.start({ mechanisms: ['SCRAM-SHA-256'] });
    const saltOf = async (username: string): Promise<string> => {
      const heard = await (await secured.greeted(door)).say('SCRAM-SHA-256', Buffer.from(`n,,n=${username},r=abc`));
      if (heard.kind !== 'more') throw new Error(`${username} was refused at once`);
      return heard.message.toString().replace(/^r=[^,]*,/, '');
    };
    const salts = await Promise.all(['nobody', 'nobody', 'no-one', 'alice', 'alice'].map(saltOf));
    expect([salts[0], salts[3]]).toEqual([salts[1], salts[4]]);
    expect(new Set(salts).size).toBe(3);
    // Of one shape: who is there cannot be told by it.
    expect(new Set(salts.map((salt) => salt.replace(/s=.{24},/, 's=…,')))).toEqual(new Set(['s=…,i=16384']));
  });
});
