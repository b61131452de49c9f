import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ManualClock } from '@q/testkit';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { AuditEntry, AuditFacts, AuditValue } from '../../../src/index.ts';
import { Audit } from '../../../src/services/audit/audit.ts';
import { auditLimits } from '../../../src/services/audit/audit-limits.ts';
import { SaidLines } from '../../fakes/said-lines.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

function setUp(options: { hasLogins?: boolean } = {}) {
  const clock = new ManualClock();
  const said = new SaidLines();
  const audit = new Audit({
    clock,
    logger: said.logger,
    counters: { auditEntriesDropped: 0 },
    isLogged: true,
    open: null,
    hasLogins: true,
    ...options,
  });
  return { clock, said, audit };
}

const alice = {
  principal: { name: 'User:alice' },
  address: '10.0.0.7',
  clientId: 'billing',
  connectionId: 3,
  door: 'native',
};

function denial(name: string): AuditEntry {
  return { event: 'audit.denied', by: alice, operation: 'read', resource: { type: 'topic', name } };
}

describe('the audit trail', () => {
  it('SEC-15 says who did what to what, from where', () => {
    const { audit, said } = setUp();
    audit.note({
      event: 'audit.topic_altered',
      by: alice,
      operation: 'alterConfigs',
      resource: { type: 'topic', name: 'orders' },
      before: { settings: ['retention.ms=1'] },
      after: { settings: ['retention.ms=2', 'cleanup.policy=compact'] },
    });
    expect(said.lines).toEqual([
      {
        level: 'info',
        event: 'audit.topic_altered',
        principal: 'User:alice',
        result: 'done',
        address: '10.0.0.7',
        door: 'native',
        clientId: 'billing',
        connectionId: 3,
        operation: 'alterConfigs',
        resourceType: 'topic',
        resourceName: 'orders',
        before: ['settings=retention.ms=1'],
        after: ['settings=retention.ms=2, cleanup.policy=compact'],
      },
    ]);
  });

  it('SEC-15 tells one of 1,900 denials a second, and then how many there were, once a minute', async () => {
    const { audit, said, clock } = setUp();
    for (let second = 0; second < 90; second += 1) {
      for (let each = 0; each < 1_900; each += 1) audit.note(denial('secret'));
      await clock.advance(1_000);
    }
    await audit.close();
    expect(said.lines.map(({ event, count = null }) => [event, count])).toEqual([
      ['audit.denied', null],
      ['audit.denied_again', 60 * 1_900 - 1],
      ['audit.denied_again', 30 * 1_900],
    ]);
    expect(said.lines[1]).toMatchObject({ principal: 'User:alice', operation: 'read', resourceName: 'secret' });
    expect(said.lines[1]).toMatchObject({ result: 'denied', forMs: 60_000, address: '10.0.0.7' });
  });

  it('SEC-15 tells at once what begins anew after a quiet minute', async () => {
    const { audit, said, clock } = setUp();
    audit.note(denial('secret'));
    await clock.advance(auditLimits.repeatWindowMs);
    audit.note(denial('secret'));
    expect(said.of('audit.denied')).toHaveLength(2);
    expect(said.of('audit.denied_again')).toHaveLength(0);
  });

  it('SEC-15 counts together what is too different, and names that somebody makes up hide nobody else', async () => {
    const { audit, said, clock } = setUp();
    const { repeatGroupKeysMax } = auditLimits;
    for (let name = 0; name < 10_000; name += 1) audit.note(denial(`made-up-${name}`));
    audit.note({ ...denial('secret'), by: { ...alice, principal: { name: 'User:bob' } } });
    for (let name = 0; name < 10_000; name += 1)
      audit.note({
        event: 'audit.login_refused',
        by: { ...alice, principal: { name: `User:made-up-${name}` } },
        mechanism: 'PLAIN',
        reason: 'wrong password, or no such user',
      });
    await clock.advance(auditLimits.repeatWindowMs);
    expect(said.of('audit.denied')).toHaveLength(repeatGroupKeysMax + 1);
    expect(said.of('audit.denied').at(-1)).toMatchObject({ principal: 'User:bob', resourceName: 'secret' });
    expect(said.of('audit.denied_again')).toMatchObject([
      { principal: 'User:alice', count: 10_000 - repeatGroupKeysMax, reason: expect.stringMatching(/too many/) },
    ]);
    expect(said.of('audit.denied_again')[0]).not.toHaveProperty('resourceName');
    expect(said.of('audit.logins_refused')).toMatchObject([
      { principal: 'User:ANONYMOUS', address: '10.0.0.7', count: 10_000 - repeatGroupKeysMax },
    ]);
  });

  it('SEC-15 is bounded however many people from however many addresses there are', async () => {
    const { audit, said, clock } = setUp();
    for (let name = 0; name < 10_000; name += 1)
      audit.note({ ...denial('secret'), by: { ...alice, principal: { name: `User:${name}` } } });
    await clock.advance(auditLimits.repeatWindowMs);
    expect(said.of('audit.denied')).toHaveLength(auditLimits.repeatKeysMax);
    expect(said.of('audit.denied_again')).toMatchObject([
      { principal: 'Broker', count: 10_000 - auditLimits.repeatKeysMax },
    ]);
    // Whatever was quiet for a minute is forgotten, and told at once when it begins anew.
    await clock.advance(auditLimits.repeatWindowMs);
    audit.note(denial('secret'));
    expect(said.of('audit.denied')).toHaveLength(auditLimits.repeatKeysMax + 1);
  });

  it('SEC-9, SEC-15 tells every refused login, equal ones as a number', async () => {
    const { audit, said, clock } = setUp({ hasLogins: false });
    const login = { by: alice, mechanism: 'SCRAM-SHA-512' } as const;
    audit.note({ ...login, event: 'audit.login_done' });
    for (const reason of ['wrong password', 'wrong password', 'wants to act as somebody else', 'wrong password'])
      audit.note({ ...login, event: 'audit.login_refused', reason });
    await clock.advance(auditLimits.repeatWindowMs);
    expect(said.lines.map(({ event, reason, count = 1 }) => [event, reason, count])).toEqual([
      ['audit.login_refused', 'wrong password', 1],
      ['audit.login_refused', 'wants to act as somebody else', 1],
      ['audit.logins_refused', 'wrong password', 2],
    ]);
  });

  it('SEC-2, SEC-15 keeps little of the long names that strangers send', () => {
    const { audit, said } = setUp();
    const before = process.memoryUsage().heapUsed;
    const long = (each: number): string => `${each}`.padStart(65_000, 'é');
    for (let each = 0; each < 400; each += 1)
      audit.note({
        event: 'audit.login_refused',
        by: { ...alice, address: `10.0.1.${each}`, principal: { name: long(each) }, clientId: long(each) },
        mechanism: long(each),
        reason: 'wrong password, or no such user',
      });
    expect(said.lines).toHaveLength(400);
    said.lines.length = 0;
    gc();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 << 20);
  });

  it('SEC-15 tells successful logins, unless there are too many', () => {
    for (const hasLogins of [true, false]) {
      const { audit, said } = setUp({ hasLogins });
      audit.note({ event: 'audit.login_done', by: alice, mechanism: 'PLAIN' });
      expect(said.lines).toHaveLength(hasLogins ? 1 : 0);
    }
  });

  it('SEC-15 has no place for bytes, nor for a fact that is not in the table', () => {
    const { audit, said } = setUp();
    expectTypeOf<AuditFacts<'audit.user_created'>>().toEqualTypeOf<{ readonly mechanisms?: AuditValue }>();
    expectTypeOf<Buffer>().not.toExtend<AuditValue>();
    // Nor at run time, whatever a program without types hands over.
    for (const after of [{ password: 'canary' }, { mechanisms: Buffer.from('canary') }])
      audit.note({ event: 'audit.user_created', by: alice, after } as unknown as AuditEntry);
    expect(said.lines.map(({ after }) => after)).toEqual([[], ['mechanisms=null']]);
  });

  it('SEC-15 masks tokens and keys that come in somewhere all the same, and cuts what is long', () => {
    const { audit, said } = setUp();
    const token = `eyJhbGciOiJSUzI1NiJ9.${'canary'.repeat(9)}.sig`;
    audit.note({
      event: 'audit.login_refused',
      by: { ...alice, principal: { name: `User:${token}` }, clientId: 'x'.repeat(5_000) },
      reason: `key -----BEGIN PRIVATE KEY-----\ncanary`,
      mechanism: 'PLAIN',
    });
    const text = JSON.stringify(said.lines);
    expect(text).not.toContain('canary');
    expect(text.length).toBeLessThan(1_000);
    expect(said.lines).toMatchObject([{ principal: 'User:******', reason: 'key ******' }]);
  });
});
