import { pbkdf2Sync } from 'node:crypto';
import { formatPlain, scramCredential } from '@q/protocol';
import { securityLimits } from '@q/security';
import { ManualClock, SeededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { LogMetadataStore } from '../../../src/metadata/log-metadata-store.ts';
import { Authentication } from '../../../src/services/identity/authentication.ts';
import type { TokenVerifier } from '../../../src/services/identity/authentication.ts';
import type { SaltPassword } from '../../../src/services/identity/key-derivation.ts';
import { RequestLogins } from '../../../src/services/identity/request-logins.ts';
import { UserStore } from '../../../src/services/identity/user-store.ts';
import { FakeLog } from '../../fakes/fake-log.ts';

const salt = Buffer.from('salt');
const iterations = 4096;
const address = '10.0.0.7';

function saltOf(password: string): Buffer {
  return pbkdf2Sync(password, salt, iterations, 32, 'sha256');
}

async function scene(tokens: TokenVerifier | null = null) {
  const clock = new ManualClock();
  const users = await UserStore.open(await LogMetadataStore.open(new FakeLog(), clock));
  const give = (name: string, password: string) =>
    users.setCredential(
      name,
      'SCRAM-SHA-256',
      scramCredential('SCRAM-SHA-256', { saltedPassword: saltOf(password), salt, iterations }),
    );
  let derivations = 0;
  const salted: SaltPassword = (_, { password }) => {
    derivations += 1;
    return Promise.resolve(saltOf(password));
  };
  const random = new SeededRandom(1);
  const common = { users, clock, random };
  const authentication = new Authentication({ ...common, salt: salted, secret: Buffer.alloc(32, 7), tokens });
  const logins = new RequestLogins({ ...common, authentication });
  const log = (user: string, password: string, from = address) => logins.byPassword({ user, password }, from);
  await give('alice', 'alice-pw');
  return { clock, users, give, logins, log, authentication, derivations: () => derivations };
}

const letIn = { principal: { name: 'User:alice' }, mechanism: 'PLAIN' };

describe('a login with each request', () => {
  it('A1, SEC-9: hashes a password that was right once a minute', async () => {
    const { clock, log, derivations } = await scene();
    for (let request = 0; request < 5; request += 1) expect(await log('alice', 'alice-pw')).toMatchObject(letIn);
    expect(derivations()).toBe(1);
    await clock.advance(securityLimits.knownPasswordMs);
    expect(await log('alice', 'alice-pw')).toMatchObject(letIn);
    expect(derivations()).toBe(2);
  });

  it.each([
    ['from elsewhere', '10.0.0.99'],
    ['from the same address', address],
  ])('A1, SEC-9: guesses %s take their turns while the right password is known', async (_where, from) => {
    const { clock, log } = await scene();
    await log('alice', 'alice-pw');
    const answers: string[] = [];
    const guess = (password: string): void => {
      void log('alice', password, from).then(
        (answer) => answers.push('principal' in answer ? `let in after ${clock.monotonic()}` : 'refused'),
        () => answers.push('busy'),
      );
    };
    // Each on a connection of its own, which is given up when it is not answered at once.
    for (let connection = 0; connection < 1_000; connection += 1) {
      guess(`guess-${connection}`);
      if (connection % 16 === 15) await clock.advance(150);
    }
    const sinceMs = clock.monotonic();
    guess('alice-pw');
    await clock.advance(0);
    expect(answers.filter((answer) => answer.startsWith('let in'))).toEqual([]);
    await clock.advance(60_000);
    expect(answers).toHaveLength(1_001);
    // 9.4 s of guesses: after 0, 0.1, 0.3, 0.7, 1.5, 3.1, 6.3 s, and those that waited.
    expect(answers.filter((answer) => answer === 'refused').length).toBeLessThanOrEqual(9);
    expect(answers.some((answer) => answer === `let in after ${sinceMs}`)).toBe(false);
  });

  it('A1, SEC-9: who guesses at another door of the same address keeps what is known from being an answer at once', async () => {
    const { clock, log, authentication } = await scene();
    await log('alice', 'alice-pw');
    const message = formatPlain({ authorizationId: '', username: 'alice', password: 'wrong' });
    void authentication.begin('PLAIN', { address, mechanisms: ['PLAIN'] }).step(message);
    await clock.advance(0);
    let isLetIn = false;
    void log('alice', 'alice-pw').then(() => (isLetIn = true));
    await clock.advance(99);
    expect(isLetIn).toBe(false);
    await clock.advance(1);
    expect(isLetIn).toBe(true);
    expect(await log('alice', 'alice-pw', '10.0.0.99')).toMatchObject(letIn);
  });

  it('A1: another password, and one of another user, is not known', async () => {
    const { clock, give, log, derivations } = await scene();
    await give('bob', 'bob-pw');
    await log('alice', 'alice-pw');
    const wrong = Promise.all([log('alice', 'alice-pw2'), log('bob', 'alice-pw'), log('nobody', 'alice-pw')]);
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(securityLimits.loginDelayMsMax);
    expect(await wrong).toMatchObject([{ user: 'alice' }, { user: 'bob' }, { user: 'nobody' }]);
    expect(derivations()).toBe(4);
  });

  it('A1: what was right is not, once the user has changed; and what goes on ends', async () => {
    const { clock, users, give, log } = await scene();
    const before = await log('alice', 'alice-pw');
    const holds = 'holds' in before ? before.holds : () => false;
    expect(holds()).toBe(true);
    await give('alice', 'other-pw');
    expect(holds()).toBe(false);
    const refused = log('alice', 'alice-pw');
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(securityLimits.loginDelayMsMax);
    expect(await refused).toMatchObject({ user: 'alice', reason: expect.any(String) as string });
    const after = await log('alice', 'other-pw');
    expect('holds' in after && after.holds()).toBe(true);
    await users.remove('alice');
    expect('holds' in after && after.holds()).toBe(false);
  });

  it('A1, SEC-13: no more passwords are known than may be', async () => {
    const { give, log, derivations } = await scene();
    const { knownPasswordsMax } = securityLimits;
    await log('alice', 'alice-pw');
    await give('bob', 'bob-pw');
    for (let at = 0; at < 3; at += 1) await log('bob', 'bob-pw');
    expect(derivations()).toBe(2);
    expect(knownPasswordsMax).toBeLessThanOrEqual(10_000);
  });

  it('A1: a token is checked each time, and holds until it ends', async () => {
    let checks = 0;
    let expiresAtMs = 0;
    const verify: TokenVerifier['verify'] = () => {
      checks += 1;
      return Promise.resolve({ user: 'robot', expiresAtMs, reason: null });
    };
    const { clock, logins } = await scene({ verify });
    expiresAtMs = clock.now() + 1_000;
    const first = await logins.byToken('token', address);
    const again = await logins.byToken('token', address);
    expect([first, again]).toMatchObject([{ mechanism: 'OAUTHBEARER' }, { mechanism: 'OAUTHBEARER' }]);
    expect(checks).toBe(2);
    expect('holds' in first && first.holds()).toBe(true);
    await clock.advance(1_000);
    expect('holds' in first && first.holds()).toBe(false);
  });
});
