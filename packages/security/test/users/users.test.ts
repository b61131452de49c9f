import type { ScramMechanism } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { decodeUser, encodeUser } from '../../src/users/user-record.ts';
import { checkUserName, principalOf } from '../../src/users/user.ts';
import { madeUpCredential } from '../../src/users/unknown-user.ts';
import type { RoundsInUse } from '../../src/users/unknown-user.ts';
import { LoginFailures } from '../../src/users/login-failures.ts';
import { securityLimits } from '../../src/limits.ts';

const credential = {
  salt: Buffer.from('salt'),
  iterations: 16_384,
  storedKey: Buffer.alloc(32, 1),
  serverKey: Buffer.alloc(32, 2),
};
const golden =
  '{"version":1,"credentials":{"SCRAM-SHA-256":{"salt":"c2FsdA==","iterations":16384,'
  + '"storedKey":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=","serverKey":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="}}}';

describe('A1 SEC-9 a user as it is stored', () => {
  it('A1 is what it was yesterday, byte by byte', () => {
    const user = { name: 'alice', credentials: new Map([['SCRAM-SHA-256' as const, credential]]) };
    expect(encodeUser(user)).toBe(golden);
    expect(decodeUser('alice', golden)).toEqual(user);
  });

  it.each([
    'no JSON',
    '[]',
    '{"version":2,"credentials":{}}',
    '{"version":1}',
    '{"version":1,"credentials":{"SCRAM-SHA-256":{"salt":"","iterations":0,"storedKey":"","serverKey":""}}}',
    '{"version":1,"credentials":{"SCRAM-SHA-256":7}}',
  ])('A1 %s is nobody', (text) => expect(decodeUser('alice', text)).toBeNull());

  it.each(['', ' a', 'a\n', 'a'.repeat(250), '*', 'ANONYMOUS', '.', '..', '\ud800'])(
    'A1, SEC-7: a user cannot be called %j',
    (name) => {
      expect(() => checkUserName(name)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    },
  );

  it('A1 any other name is a principal', () =>
    expect(principalOf(checkUserName('svc, orders=1'))).toBe('User:svc, orders=1'));
});

describe('A1 SEC-8 an unknown user', () => {
  it('A1 is told the same each time, and something else than another one', () => {
    const secret = Buffer.from('of this cluster');
    const salt = (name: string, from = secret): string =>
      madeUpCredential(from, 'SCRAM-SHA-512', { username: name, rounds: new Map() }).salt.toString('hex');
    expect(salt('eve')).toBe(salt('eve'));
    expect(salt('eve')).not.toBe(salt('mallory'));
    expect(salt('eve')).not.toBe(salt('eve', Buffer.from('of another')));
    const eve = madeUpCredential(secret, 'SCRAM-SHA-512', { username: 'eve', rounds: new Map() });
    expect([eve.storedKey.length, eve.iterations]).toEqual([64, 16_384]);
  });

  it('A1, SEC-8: has the rounds that users have, as many names as users, and hardly a name others when one comes', () => {
    const secret = Buffer.from('of this cluster');
    const names = Array.from({ length: 4_000 }, (_, at) => `nobody-${at}`);
    const drawn = (mechanism: ScramMechanism, rounds: RoundsInUse): number[] =>
      names.map((username) => madeUpCredential(secret, mechanism, { username, rounds }).iterations);
    const share = (rounds: number[], of: number): number => rounds.filter((each) => each === of).length / names.length;
    const before = drawn(
      'SCRAM-SHA-256',
      new Map([
        [16_384, 300],
        [4_096, 100],
        [8_192, 100],
      ]),
    );
    expect(new Set(before)).toEqual(new Set([4_096, 8_192, 16_384]));
    expect(share(before, 16_384)).toBeCloseTo(0.6, 1);
    expect(share(before, 4_096)).toBeCloseTo(0.2, 1);
    const after = drawn(
      'SCRAM-SHA-256',
      new Map([
        [16_384, 300],
        [4_096, 101],
        [8_192, 100],
      ]),
    );
    expect(after.filter((rounds, at) => rounds !== before[at]).length).toBeLessThan(names.length / 100);
    expect(new Set(drawn('SCRAM-SHA-512', new Map([[4_096, 1]])))).toEqual(new Set([4_096]));
  });
});

describe('A1 SEC-9 failed logins', () => {
  it('A1 wait for twice as long each time, up to a bound, and never for ever', () => {
    const failures = new LoginFailures();
    const waits = Array.from({ length: 40 }, (_, at) => failures.failed('alice', '10.0.0.7', at));
    expect(waits.slice(0, 8)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(waits.at(-1)).toBe(5000);
  });

  it('A1 of others, and from elsewhere, are others', () => {
    const failures = new LoginFailures();
    for (let time = 0; time < 5; time += 1) failures.failed('alice', '10.0.0.7', time);
    expect(failures.failed('alice', '10.0.0.8', 5)).toBe(100);
    expect(failures.failed('bob', '10.0.0.7', 5)).toBe(100);
  });

  it('A1 are forgotten after a success, and after a while', () => {
    const failures = new LoginFailures();
    failures.failed('alice', 'a', 0);
    failures.succeeded('alice', 'a', 0);
    expect(failures.failed('alice', 'a', 1)).toBe(100);
    expect(failures.failed('alice', 'a', 1 + securityLimits.loginFailuresForgottenMs)).toBe(100);
  });

  it('A1 are remembered of so many and no more: the oldest go', () => {
    const failures = new LoginFailures();
    failures.failed('first', 'a', 0);
    failures.failed('second', 'a', 0);
    for (let user = 0; user < securityLimits.loginFailuresMax - 1; user += 1) failures.failed(`user-${user}`, 'a', 0);
    expect(failures.size).toBe(securityLimits.loginFailuresMax);
    expect(failures.failed('second', 'a', 0)).toBe(200);
    expect(failures.failed('first', 'a', 0)).toBe(100);
  });
});

describe('A1 SEC-9 turns of passwords', () => {
  it('A1 come one after another once a password of the user was wrong, from its network alone', () => {
    const failures = new LoginFailures();
    expect(failures.waitMs('alice', 'a', 0)).toBe(0);
    failures.guessed('alice', 'a', 0);
    expect(failures.waitMs('alice', 'a', 0)).toBe(100);
    expect(failures.failed('alice', 'a', 0)).toBe(100);
    expect(failures.waitMs('alice', 'a', 1)).toBe(99);
    expect(failures.waitMs('alice', 'a', 100)).toBe(0);
    failures.guessed('alice', 'a', 100);
    // Whoever came along at the same time waits, although the answer is not counted yet.
    expect(failures.waitMs('alice', 'a', 100)).toBe(200);
    expect(failures.waitMs('alice', 'b', 100)).toBe(0);
    failures.succeeded('alice', 'a', 101);
    expect(failures.waitMs('alice', 'a', 101)).toBe(0);
  });

  it('A1 are of all addresses of a /64 together', () => {
    const failures = new LoginFailures();
    failures.failed('alice', '2001:db8::1', 0);
    expect(failures.waitMs('alice', '2001:db8:0:0:ffff::7', 0)).toBe(100);
    expect(failures.failed('alice', '2001:db8::2', 0)).toBe(200);
    expect(failures.waitMs('alice', '2001:db8:0:1::1', 0)).toBe(0);
  });

  it('A1 are taken by a network that has guessed much, whomever it names, except for who came in from there', () => {
    const failures = new LoginFailures();
    failures.succeeded('bob', 'a', 0);
    for (let guess = 0; guess <= securityLimits.networkFailuresFree; guess += 1)
      failures.guessed(`user-${guess}`, 'a', 0);
    expect(failures.waitMs('alice', 'a', 0)).toBe(securityLimits.networkTurnMs);
    expect(failures.waitMs('bob', 'a', 0)).toBe(0);
    expect(failures.waitMs('alice', 'b', 0)).toBe(0);
    expect(failures.waitMs('alice', 'a', securityLimits.networkTurnMs)).toBe(0);
  });

  it('A1 are remembered of so many networks and no more', () => {
    const failures = new LoginFailures();
    const { loginFailuresMax } = securityLimits;
    for (let at = 0; at < loginFailuresMax + 10; at += 1) {
      failures.guessed('alice', `10.0.${at >> 8}.${at & 255}`, at);
      failures.succeeded(`user-${at}`, 'a', at);
    }
    expect(failures.size).toBe(3 * loginFailuresMax);
  });
});
