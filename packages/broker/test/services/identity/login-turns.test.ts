/** Guesses on many connections at the same time (A1, SEC-9). */
import { formatPlain, ScramClient, scramCredential } from '@q/protocol';
import { ManualClock, SeededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/logger.ts';
import { LogMetadataStore } from '../../../src/metadata/log-metadata-store.ts';
import { Authentication } from '../../../src/services/identity/authentication.ts';
import type { LoginPlace } from '../../../src/services/identity/authentication.ts';
import { LoginNews } from '../../../src/services/identity/login-news.ts';
import { SessionIdentity } from '../../../src/services/identity/session-identity.ts';
import { endlessSeats } from '../../../src/services/identity/user-seats.ts';
import { UserStore } from '../../../src/services/identity/user-store.ts';
import type { AuditEntry } from '../../../src/services/audit/audit-entry.ts';
import { FakeSignal } from '../../fakes/fake-caller.ts';
import { FakeLog } from '../../fakes/fake-log.ts';

const salt = Buffer.from('saltsalt');
const iterations = 4096;
const place: LoginPlace = { address: '10.0.0.7', mechanisms: ['PLAIN', 'SCRAM-SHA-256'] };

async function scene() {
  const clock = new ManualClock();
  const users = await UserStore.open(await LogMetadataStore.open(new FakeLog(), clock));
  const saltedPassword = Buffer.alloc(32, 'alice-pw');
  const credential = scramCredential('SCRAM-SHA-256', { saltedPassword, salt, iterations });
  await users.setCredential('alice', 'SCRAM-SHA-256', credential);
  const authentication = new Authentication({
    users,
    clock,
    salt: (_mechanism, { password }) => Promise.resolve(Buffer.alloc(32, password)),
    random: new SeededRandom(1),
    secret: Buffer.alloc(32, 7),
    tokens: null,
  });
  const found: string[] = [];
  /** On a connection of its own, which is given up as soon as it is not answered at once. */
  const guess = (password: string, at = place, username = 'alice'): void => {
    const message = formatPlain({ authorizationId: '', username, password });
    const step = authentication.begin('PLAIN', at).step(message);
    void step.then(
      ({ kind }) => found.push(`${kind} after ${clock.monotonic()}`),
      (error: unknown) => found.push(`${(error as { code: string }).code} after ${clock.monotonic()}`),
    );
  };
  return { clock, authentication, guess, found };
}

describe('A1, SEC-9: guesses on many connections at the same time', () => {
  it('A1 are checked as slowly as on one, and what would wait too long is told to come again', async () => {
    const { clock, guess, found } = await scene();
    for (let connection = 0; connection < 50; connection += 1) guess(`guess-${connection}`);
    await clock.advance(60_000);
    const refused = found.filter((each) => each.startsWith('refused'));
    // The first is checked at once, the others after 100, 300, 700, 1,500 and 3,100 ms; one more would wait too long.
    expect(refused.length).toBeLessThanOrEqual(6);
    expect(found).toHaveLength(50);
    expect(new Set(found.map((each) => each.split(' ')[0]))).toEqual(new Set(['refused', 'BROKER_BUSY']));
  });

  it('A1 whoever hangs up instead of waiting for the answer gains nothing', async () => {
    const { clock, guess, found } = await scene();
    for (let second = 0; second < 60; second += 1) {
      for (let connection = 0; connection < 10; connection += 1) guess('wrong');
      await clock.advance(1_000);
    }
    expect(found.filter((each) => each.startsWith('refused')).length).toBeLessThan(25);
  });

  it('A1 do not keep the same user from elsewhere, nor others who have come in from there', async () => {
    const { clock, guess, authentication } = await scene();
    const logIn = (at: LoginPlace) =>
      authentication
        .begin('PLAIN', at)
        .step(formatPlain({ authorizationId: '', username: 'alice', password: 'alice-pw' }));
    expect(await logIn(place)).toMatchObject({ kind: 'done' });
    for (let user = 0; user < 200; user += 1) guess('wrong', place, `user-${user}`);
    await clock.advance(1_000);
    // Nothing waits: the clock stands still.
    expect(await logIn(place)).toMatchObject({ kind: 'done' });
    expect(await logIn({ ...place, address: '10.0.0.8' })).toMatchObject({ kind: 'done' });
  });

  it('A1 do not hold up who shows once more whose a connection is', async () => {
    const { clock, guess, authentication } = await scene();
    for (let failed = 0; failed < 8; failed += 1) guess('wrong');
    await clock.advance(20_000);
    guess('wrong');
    await clock.advance(0);
    const again = authentication
      .begin('PLAIN', { ...place, shownAs: 'User:alice' })
      .step(formatPlain({ authorizationId: '', username: 'alice', password: 'alice-pw' }));
    expect(await again).toMatchObject({ kind: 'done' });
  });

  it('A1, SEC-9: what is refused without a look at a password holds up nobody whom it names', async () => {
    const { clock, authentication, guess, found } = await scene();
    const asAnother = formatPlain({ authorizationId: 'x', username: 'alice', password: 'y' });
    for (let message = 0; message < 50; message += 1) {
      void authentication.begin('PLAIN', place).step(asAnother);
      await clock.advance(900);
    }
    guess('alice-pw');
    await clock.advance(0);
    expect(found).toEqual([`done after ${50 * 900}`]);
    // The answers to them come later and later all the same.
    let kind = '';
    void authentication
      .begin('PLAIN', place)
      .step(asAnother)
      .then((step) => (kind = step.kind));
    await clock.advance(4_999);
    expect(kind).toBe('');
    await clock.advance(1);
    expect(kind).toBe('refused');
  });

  it('A1, SEC-9, SEC-15: the trail names whoever is told to come again', async () => {
    const { clock, authentication, guess } = await scene();
    const noted: AuditEntry[] = [];
    const news = new LoginNews({ logger: silentLogger, audit: { note: (entry) => void noted.push(entry) } });
    for (let connection = 0; connection < 50; connection += 1) guess('wrong');
    const signal = new FakeSignal();
    const loginEnded = (): void => undefined;
    const alone = { seats: endlessSeats, signal, news, loginEnded };
    const identity = new SessionIdentity({ authentication, place, clock, ...alone });
    const message = formatPlain({ authorizationId: '', username: 'alice', password: 'canary' });
    const by = { address: place.address, clientId: 'shop' };
    const taken = identity.take('PLAIN', message, by).catch((error: unknown) => error);
    await clock.advance(60_000);
    expect(await taken).toMatchObject({ code: 'BROKER_BUSY' });
    const principal = { name: 'User:alice' };
    expect(noted).toMatchObject([{ event: 'audit.login_refused', by: { principal }, mechanism: 'PLAIN' }]);
    expect(JSON.stringify(noted)).not.toContain('canary');
  });

  it('A1 slow those by SCRAM as well', async () => {
    const { clock, guess, authentication } = await scene();
    guess('wrong');
    await clock.advance(0);
    const saltPassword = (): Promise<Buffer> => Promise.resolve(Buffer.alloc(32, 'wrong'));
    const client = new ScramClient({ mechanism: 'SCRAM-SHA-256', username: 'alice', nonce: 'n', saltPassword });
    const exchange = authentication.begin('SCRAM-SHA-256', place);
    const first = await exchange.step(client.first());
    expect(first.kind).toBe('more');
    let kind = '';
    const last = await client.final(first.kind === 'more' ? first.message : Buffer.alloc(0));
    void exchange.step(last).then((step) => (kind = step.kind));
    await clock.advance(99);
    expect(kind).toBe('');
    await clock.advance(500);
    expect(kind).toBe('refused');
  });
});
