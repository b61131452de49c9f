/** Exchanges of SCRAM that are cut, repeated, reordered and bent, over real sockets at both doors (rows A1, W3). */
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { loginDoors } from './login-doors.ts';
import type { Heard, LoginDoor, Speaker } from './login-doors.ts';
import { logIn, scramClient } from './scram-login.ts';
import { SecuredBroker } from './secured-broker.ts';

const mechanism = 'SCRAM-SHA-256';
const alice = { username: 'alice', password: 'alice-pw' };
const text = (words: string): Buffer => Buffer.from(words);

/** Says the messages of one abuse; its last answer counts. */
type Abuse = (speaker: Speaker, scene: Scene) => Promise<Heard>;

interface Scene {
  /** A right last message, in answer to a right first one that was sent on this connection. */
  readonly rightFinal: (speaker: Speaker) => Promise<Buffer>;
  /** What was said on another connection that was let in. */
  readonly recorded: readonly [first: Buffer, last: Buffer];
}

const once =
  (message: Buffer): Abuse =>
  (speaker) =>
    speaker.say(mechanism, message);

/** A right exchange but for its last message. */
const bent =
  (bend: (final: string) => string): Abuse =>
  async (speaker, { rightFinal }) =>
    speaker.say(mechanism, text(bend((await rightFinal(speaker)).toString())));

const abuses: readonly (readonly [what: string, abuse: Abuse])[] = [
  ['nothing in it', once(Buffer.alloc(0))],
  ['a first message that is cut in its header', once(text('n,'))],
  ['a first message that is cut before its nonce', once(text('n,,n=alice,r='))],
  ['a name that is cut in an escape', once(text('n,,n=al=2,r=abc'))],
  ['60,000 bytes', once(Buffer.alloc(60_000, 'n,,n=alice,r='))],
  ['bytes that are no text', once(Buffer.alloc(64, 0xff))],
  ['the last message first', once(text('c=biws,r=abc,p=YWJj'))],
  ['the wish to bind the channel', once(text('p=tls-exporter,,n=alice,r=abc'))],
  ['a client that could bind it and believes the broker cannot', once(text('y,,n=alice,r=abc'))],
  ['somebody else to act as', once(text('n,a=bob,n=alice,r=abc'))],
  ['an extension that has to be understood', once(text('n,,m=x,n=alice,r=abc'))],
  [
    'the first message twice',
    async (speaker) => {
      await speaker.say(mechanism, text('n,,n=alice,r=abc'));
      return speaker.say(mechanism, text('n,,n=alice,r=abc'));
    },
  ],
  ['a nonce of another exchange', bent((final) => final.replace(/r=[^,]*/, 'r=nonce-of-a-test-of-another'))],
  ['its own nonce alone', bent((final) => final.replace(/r=[^,]*/, 'r=nonce-of-a-test'))],
  ['another header than at first', bent((final) => final.replace('c=biws', 'c=eSws'))],
  ['a proof that is cut', bent((final) => final.slice(0, -8))],
  ['no proof', bent((final) => final.replace(/,p=.*$/, ''))],
  ['a proof of zeros', bent((final) => final.replace(/p=.*$/, `p=${Buffer.alloc(32).toString('base64')}`))],
  ['a proof of the other length', bent((final) => final.replace(/p=.*$/, `p=${Buffer.alloc(64).toString('base64')}`))],
  ['a byte behind the proof', bent((final) => `${final}\0`)],
  ['an extension that was not signed', bent((final) => final.replace(',p=', ',x=y,p='))],
  [
    'what another connection was let in with',
    async (speaker, { recorded: [first, last] }) => {
      await speaker.say(mechanism, first);
      return speaker.say(mechanism, last);
    },
  ],
  [
    'the last message of the other mechanism',
    async (speaker, { rightFinal }) => speaker.say('SCRAM-SHA-512', await rightFinal(speaker)),
  ],
];

/** A broker whose time goes only while somebody waits, and then fast: refusals are held back for seconds. */
async function scene(door: LoginDoor) {
  const clock = new ManualClock({ startMs: Date.now() });
  const secured = await SecuredBroker.start({
    mechanisms: ['SCRAM-SHA-512', 'SCRAM-SHA-256'],
    options: { clock },
  });
  const soon = async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false;
    void work.finally(() => (isDone = true)).catch(() => undefined);
    while (!isDone) {
      await clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return work;
  };
  const recorder = await secured.greeted(door);
  const client = scramClient({ ...alice, nonce: 'nonce-of-a-record' });
  const answer = await recorder.say(mechanism, client.first());
  if (answer.kind !== 'more') throw new Error('the first message of a right exchange was refused');
  const last = await client.final(answer.message);
  expect((await recorder.say(mechanism, last)).kind).toBe('done');
  const rightFinal = async (speaker: Speaker): Promise<Buffer> => {
    const own = scramClient(alice);
    const heard = await speaker.say(mechanism, own.first());
    if (heard.kind !== 'more') throw new Error('the first message of a right exchange was refused');
    return own.final(heard.message);
  };
  return { secured, soon, honest: recorder, given: { rightFinal, recorded: [client.first(), last] as const } };
}

describe.each(loginDoors)('an exchange of SCRAM at the $name door', (door) => {
  it('A1, SEC-8: with anything wrong in it is refused in the same words, hung up on, and disturbs nobody', async () => {
    const { secured, soon, honest, given } = await scene(door);
    const words = new Set<string>();
    for (const [what, abuse] of abuses) {
      const speaker = await secured.greeted(door);
      const heard = await soon(abuse(speaker, given));
      expect([what, heard]).toEqual([what, expect.objectContaining({ kind: 'refused', code: door.refusal })]);
      if (heard.kind === 'refused') words.add(heard.words.replace(/SCRAM-SHA-\d+/, 'SCRAM'));
      await soon(speaker.socket.closed());
      expect([what, await honest.isServed()]).toEqual([what, true]);
    }
    // Nothing tells what was wrong, nor who there is.
    expect([...words]).toHaveLength(1);
    expect([...words].join()).not.toMatch(/alice|nonce|proof|header/);
  });

  it('A1, SEC-9: nobody is locked out by it: the right password is taken at once', async () => {
    const { secured, soon } = await scene(door);
    for (let failed = 0; failed < 8; failed += 1)
      await soon(logIn(await secured.greeted(door), { ...alice, password: 'wrong' }));
    const speaker = await secured.greeted(door);
    // Time stands still: whatever waited would never be answered.
    expect(await logIn(speaker, alice)).toMatchObject({ kind: 'done' });
    expect(await speaker.isServed()).toBe(true);
  });

  it('A1, SEC-8: by a mechanism that there is not is refused, and no weaker one is taken instead', async () => {
    const { secured, soon } = await scene(door);
    const refusal = door.name === 'native' ? 'UNSUPPORTED_MECHANISM' : '33';
    for (const wanted of ['PLAIN', 'SCRAM-SHA-1', 'OAUTHBEARER', '', 'SCRAM-SHA-256-PLUS', 'scram-sha-256']) {
      const speaker = await secured.greeted(door);
      const heard = await soon(speaker.say(wanted, text('\0alice\0alice-pw')));
      expect([wanted, heard]).toEqual([wanted, expect.objectContaining({ kind: 'refused', code: refusal })]);
      await soon(speaker.socket.closed());
    }
  });

  it('A1, SEC-8: does not make a connection somebody else’s', async () => {
    const { secured, soon, honest } = await scene(door);
    const speaker = await secured.greeted(door);
    expect((await logIn(speaker, alice)).kind).toBe('done');
    const heard = await soon(logIn(speaker, { username: 'bob', password: 'bob-pw' }));
    expect(heard.kind).toBe('refused');
    // Kafka's connections without a lifetime stay as they are; ours end.
    if (door.name === 'kafka') expect([heard, await speaker.isServed()]).toMatchObject([{ code: '34' }, true]);
    else await soon(speaker.socket.closed());
    expect(await honest.isServed()).toBe(true);
  });
});
