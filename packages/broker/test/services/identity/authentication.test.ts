import { pbkdf2Sync } from 'node:crypto';
import { formatPlain, scramCredential } from '@q/protocol';
import { ManualClock, SeededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { LogMetadataStore } from '../../../src/metadata/log-metadata-store.ts';
import { Authentication } from '../../../src/services/identity/authentication.ts';
import { KeyDerivation } from '../../../src/services/identity/key-derivation.ts';
import type { SaltPassword } from '../../../src/services/identity/key-derivation.ts';
import { endlessSeats } from '../../../src/services/identity/user-seats.ts';
import { FakeSignal } from '../../fakes/fake-caller.ts';
import { noLoginNews } from '../../../src/services/identity/login-news.ts';
import { SessionIdentity } from '../../../src/services/identity/session-identity.ts';
import { UserStore } from '../../../src/services/identity/user-store.ts';
import { FakeLog } from '../../fakes/fake-log.ts';

const salt = Buffer.from('salt');
const iterations = 4096;
const saltPassword: SaltPassword = (mechanism, given) => {
  const [hash, bytes] = mechanism === 'SCRAM-SHA-256' ? (['sha256', 32] as const) : (['sha512', 64] as const);
  return Promise.resolve(pbkdf2Sync(given.password, given.salt, given.iterations, bytes, hash));
};

async function credentialOf(password: string) {
  const saltedPassword = await saltPassword('SCRAM-SHA-256', { password, salt, iterations });
  return scramCredential('SCRAM-SHA-256', { saltedPassword, salt, iterations });
}

async function scene() {
  const clock = new ManualClock();
  const log = new FakeLog();
  const metadata = await LogMetadataStore.open(log, clock);
  const users = await UserStore.open(metadata);
  await users.setCredential('alice', 'SCRAM-SHA-256', await credentialOf('alice-pw'));
  let derivations = 0;
  const salted: SaltPassword = (...given) => {
    derivations += 1;
    return saltPassword(...given);
  };
  const authentication = new Authentication({
    users,
    salt: salted,
    clock,
    random: new SeededRandom(1),
    secret: Buffer.alloc(32, 7),
    tokens: null,
  });
  const place = { address: '10.0.0.7', mechanisms: ['PLAIN', 'SCRAM-SHA-256', 'OAUTHBEARER'] as const };
  return { clock, log, metadata, users, authentication, place, derivations: () => derivations };
}

function plain(username: string, password: string, authorizationId = ''): Buffer {
  return formatPlain({ authorizationId, username, password });
}

const alone = { seats: endlessSeats, signal: new FakeSignal(), news: noLoginNews, loginEnded: () => undefined };

describe('A1 PLAIN', () => {
  it('A1 lets in who knows the password', async () => {
    const { authentication, place } = await scene();
    const step = await authentication.begin('PLAIN', place).step(plain('alice', 'alice-pw', 'alice'));
    expect(step).toMatchObject({ kind: 'done', principal: { name: 'User:alice' } });
  });

  it.each([
    ['a wrong password', plain('alice', 'wrong'), 1],
    ['an unknown user', plain('mallory', 'x'), 1],
    ['somebody to act as', plain('alice', 'alice-pw', 'admin'), 0],
    ['something else', Buffer.from('hello'), 0],
  ])('A1 SEC-8 with %s is refused after a while, with the same work', async (_what, message, work) => {
    const { authentication, place, clock, derivations } = await scene();
    let step: unknown = null;
    void authentication
      .begin('PLAIN', place)
      .step(message)
      .then((taken) => (step = taken));
    await clock.advance(99);
    expect(step).toBeNull();
    await clock.advance(1);
    expect(step).toMatchObject({ kind: 'refused', goesOn: false });
    expect(derivations()).toBe(work);
  });

  it('A1, SEC-8: is refused after the same time whatever its work took: how a user’s password is kept stays unknown', async () => {
    const { users, clock, place } = await scene();
    // Half of the work of one that is made up, or all of it.
    let workMs = 15;
    const authentication = new Authentication({
      users,
      clock,
      salt: () => new Promise((resolve) => void clock.schedule(workMs, () => resolve(Buffer.alloc(32)))),
      random: new SeededRandom(1),
      secret: Buffer.alloc(32, 7),
      tokens: null,
    });
    for (const username of ['alice', 'mallory']) {
      let step: unknown = null;
      void authentication
        .begin('PLAIN', place)
        .step(plain(username, 'wrong'))
        .then((taken) => (step = taken));
      await clock.advance(99);
      expect(step).toBeNull();
      await clock.advance(1);
      expect(step).toMatchObject({ kind: 'refused' });
      workMs *= 2;
    }
  });

  it('A1 a mechanism that is not taken there is refused with those that are', async () => {
    const { authentication } = await scene();
    expect(() => authentication.begin('PLAIN', { address: 'a', mechanisms: ['SCRAM-SHA-512'] })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_MECHANISM', details: { mechanisms: 'SCRAM-SHA-512' } }),
    );
  });
});

describe('A1, SEC-8 the first answer of SCRAM', () => {
  it('A1, SEC-8: names rounds to whoever is unknown that users have, whatever users have', async () => {
    const { authentication, place, users } = await scene();
    const roundsFor = async (name: string): Promise<string> => {
      const step = await authentication.begin('SCRAM-SHA-256', place).step(Buffer.from(`n,,n=${name},r=nonce`));
      return step.kind === 'more' ? step.message.toString().split(',i=')[1]! : step.kind;
    };
    const strangers = Array.from({ length: 50 }, (_, at) => `nobody-${at}`);
    const told = async () => new Set(await Promise.all(strangers.map(roundsFor)));
    expect(await roundsFor('alice')).toBe('4096');
    expect(await told()).toEqual(new Set(['4096']));
    const credential = { ...(await credentialOf('bob-pw')), iterations: 16_384 };
    await users.setCredential('bob', 'SCRAM-SHA-256', credential);
    expect(await told()).toEqual(new Set(['4096', '16384']));
    await users.setCredential('alice', 'SCRAM-SHA-256', credential);
    expect(await told()).toEqual(new Set(['16384']));
    await users.remove('bob');
    await users.remove('alice');
    expect(await told()).toEqual(new Set(['16384']));
    expect(users.roundsOf('SCRAM-SHA-256').size).toBe(0);
  });
});

describe('A1 SEC-9 passwords that wait to be checked', () => {
  it('A1 are salted one at a time, and only so many wait', async () => {
    const running: (() => void)[] = [];
    const derivation = new KeyDerivation({
      salt: () => new Promise((resolve) => running.push(() => resolve(Buffer.alloc(32)))),
      waitingMax: 3,
    });
    const ask = () => derivation.salt('SCRAM-SHA-256', { password: 'p', salt, iterations });
    const asked = [ask(), ask(), ask()];
    await expect(ask()).rejects.toMatchObject({ code: 'BROKER_BUSY' });
    for (let done = 0; done < 3; done += 1) {
      await expect.poll(() => running.length).toBe(done + 1);
      running[done]!();
      await asked[done];
    }
    const later = ask();
    await expect.poll(() => running.length).toBe(4);
    running[3]!();
    await later;
  });

  it('A1 one that failed does not keep the others from it', async () => {
    let calls = 0;
    const derivation = new KeyDerivation({
      salt: () => ((calls += 1) === 1 ? Promise.reject(new Error('no memory')) : Promise.resolve(Buffer.alloc(32))),
      waitingMax: 3,
    });
    const given = { password: 'p', salt, iterations };
    await expect(derivation.salt('SCRAM-SHA-256', given)).rejects.toThrow('no memory');
    expect(await derivation.salt('SCRAM-SHA-256', given)).toHaveLength(32);
  });
});

describe('A1 users as they are stored', () => {
  it('A1 are there after a start, and gone after they were removed', async () => {
    const { users, log, clock } = await scene();
    await users.setCredential('bob', 'SCRAM-SHA-512', await credentialOf('b'));
    const again = await UserStore.open(await LogMetadataStore.open(log, clock));
    expect(again.list().map(({ name }) => name)).toEqual(['alice', 'bob']);
    expect(await again.removeCredential('bob', 'SCRAM-SHA-256')).toBe(false);
    expect(await again.removeCredential('bob', 'SCRAM-SHA-512')).toBe(true);
    expect(again.find('bob')).toBeUndefined();
    expect(await again.remove('alice')).toBe(true);
    expect(await again.remove('alice')).toBe(false);
    expect((await UserStore.open(await LogMetadataStore.open(log, clock))).size).toBe(0);
  });

  it('A1 whom a newer broker wrote are not let in, and not overwritten', async () => {
    const { users, metadata } = await scene();
    await metadata.compareAndSet({ key: 'users/new', expectedVersion: 0, value: '{"version":2}' });
    expect(users.find('new')).toBeUndefined();
    await expect(users.setCredential('new', 'SCRAM-SHA-256', await credentialOf('x'))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });
});

const by = { address: '10.0.0.1', clientId: 'billing' };

describe('A1 whose a connection is', () => {
  it("A1 is nobody's until it was shown, and nobody else's afterwards", async () => {
    const { authentication, place, clock, users } = await scene();
    await users.setCredential('bob', 'SCRAM-SHA-256', await credentialOf('bob-pw'));
    const identity = new SessionIdentity({ authentication, place, clock, ...alone });
    expect([identity.isKnown, identity.principal.name]).toEqual([false, 'User:ANONYMOUS']);
    expect(await identity.take('PLAIN', plain('alice', 'alice-pw'), by)).toMatchObject({ kind: 'done', lifetimeMs: 0 });
    expect([identity.isKnown, identity.principal.name]).toEqual([true, 'User:alice']);
    let login: unknown = null;
    void identity.take('PLAIN', plain('bob', 'bob-pw'), by).then((taken) => (login = taken));
    await clock.advance(99);
    expect(login).toBeNull();
    await clock.advance(1);
    expect(login).toMatchObject({ kind: 'refused', user: 'bob', isAnother: true });
    expect(identity.principal.name).toBe('User:alice');
  });

  it('A1 holds for as long as its token, and never for so short that clients despair', async () => {
    const { place, clock, users } = await scene();
    let holdsMs = 60_000;
    const authentication = new Authentication({
      users,
      salt: saltPassword,
      clock,
      random: new SeededRandom(1),
      secret: Buffer.alloc(32),
      tokens: { verify: () => Promise.resolve({ user: 'svc', expiresAtMs: clock.now() + holdsMs, reason: null }) },
    });
    const identity = new SessionIdentity({ authentication, place, clock, ...alone });
    const show = () => identity.take('OAUTHBEARER', Buffer.from('n,,\u0001auth=Bearer t\u0001\u0001'), by);
    expect(await show()).toMatchObject({ kind: 'done', lifetimeMs: 60_000 });
    await clock.advance(59_999);
    expect(identity.isKnown).toBe(true);
    await clock.advance(1);
    expect([identity.isKnown, identity.wasKnown]).toEqual([false, true]);
    holdsMs = 1_000;
    expect(await show()).toMatchObject({ kind: 'done', lifetimeMs: 15_000 });
    expect(identity.isKnown).toBe(true);
  });
});
