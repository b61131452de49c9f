import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Authorizer } from '../../src/acl/authorizer.ts';
import { allowedThrough, cluster, operationsOf } from '../../src/acl/resource.ts';
import type { Operation } from '../../src/acl/resource.ts';
import { concerns } from '../../src/acl/rule-filter.ts';
import type { AclRule } from '../../src/acl/rule.ts';

const alice = { principal: { name: 'User:alice' }, address: '10.0.0.7' };
const orders = { type: 'topic', name: 'orders' } as const;

function rule(given: Partial<AclRule> = {}): AclRule {
  return {
    principal: 'User:alice',
    host: '*',
    permission: 'allow',
    operation: 'read',
    resourceType: 'topic',
    patternType: 'literal',
    resourceName: 'orders',
    ...given,
  };
}

function authorizer(...rules: Partial<AclRule>[]): Authorizer {
  const made = new Authorizer({ superUsers: ['User:root'] });
  for (const each of rules) made.add(rule(each));
  return made;
}

describe('A3 SEC-7 what no rule is about', () => {
  it('A3 is refused, but to super users', () => {
    const rules = authorizer({ resourceName: 'payments' }, { principal: 'User:bob' }, { resourceType: 'group' });
    expect(rules.decide(alice, 'read', orders)).toEqual({ isAllowed: false, by: 'default', rule: null });
    expect(rules.decide({ ...alice, principal: { name: 'User:root' } }, 'delete', orders)).toMatchObject({
      isAllowed: true,
      by: 'super user',
    });
  });
});

describe('A3 a rule', () => {
  it.each<[string, Partial<AclRule>]>([
    ['of the name', {}],
    ['of a beginning of the name', { patternType: 'prefixed', resourceName: 'ord' }],
    ['of the whole name as a beginning', { patternType: 'prefixed' }],
    ['of everything', { resourceName: '*' }],
    ['of everybody', { principal: 'User:*' }],
    ['of the address', { host: '10.0.0.7' }],
    ['of all operations', { operation: 'all' }],
  ])('A3 %s holds, and is told', (_what, given) => {
    const rules = authorizer(given);
    expect(rules.decide(alice, 'read', orders)).toEqual({ isAllowed: true, by: 'rule', rule: rule(given) });
  });

  it.each<[string, Partial<AclRule>]>([
    ['of a longer name', { resourceName: 'orders-2' }],
    ['of another beginning', { patternType: 'prefixed', resourceName: 'orx' }],
    ['of another user', { principal: 'User:al' }],
    ['of another address', { host: '10.0.0.8' }],
    ['of another operation', { operation: 'write' }],
    ['of another kind of thing', { resourceType: 'group' }],
  ])('A3 %s does not hold', (_what, given) => {
    expect(authorizer(given).decide(alice, 'read', orders).isAllowed).toBe(false);
  });

  it('A3 a star is a name like any other where it is a beginning', () => {
    const rules = authorizer({ patternType: 'prefixed', resourceName: '*' });
    expect(rules.decide(alice, 'read', orders).isAllowed).toBe(false);
    expect(rules.decide(alice, 'read', { type: 'topic', name: '*x' }).isAllowed).toBe(true);
  });
});

describe('A3 SEC-11 deny beats allow', () => {
  const patterns: Partial<AclRule>[] = [
    {},
    { patternType: 'prefixed', resourceName: 'o' },
    { resourceName: '*' },
    { principal: 'User:*' },
  ];
  for (const [allowAt, allowing] of patterns.entries()) {
    for (const [denyAt, denying] of patterns.entries()) {
      it(`A3 pattern ${denyAt} over pattern ${allowAt}, whichever came first`, () => {
        const deny: Partial<AclRule> = { ...denying, permission: 'deny' };
        for (const rules of [authorizer(allowing, deny), authorizer(deny, allowing)])
          expect(rules.decide(alice, 'read', orders)).toEqual({ isAllowed: false, by: 'rule', rule: rule(deny) });
      });
    }
  }

  it('A3 a refusal of all operations refuses each', () => {
    const rules = authorizer({ operation: 'all' }, { operation: 'all', permission: 'deny', host: '10.0.0.7' });
    expect(rules.decide(alice, 'write', orders).isAllowed).toBe(false);
    expect(rules.decide({ ...alice, address: '10.0.0.8' }, 'write', orders).isAllowed).toBe(true);
  });
});

describe('A3 what implies what', () => {
  it.each(['read', 'write', 'delete', 'alter'] as const)('A3 who may %s may describe', (operation) => {
    expect(authorizer({ operation }).decide(alice, 'describe', orders).isAllowed).toBe(true);
  });

  it('A3 who may not read may describe all the same, where a rule says so', () => {
    const rules = authorizer({ operation: 'describe' }, { operation: 'read', permission: 'deny' });
    expect(rules.decide(alice, 'describe', orders).isAllowed).toBe(true);
    expect(rules.decide(alice, 'read', orders).isAllowed).toBe(false);
  });

  it('A3 who may not describe may read all the same, where a rule says so', () => {
    const rules = authorizer({}, { operation: 'describe', permission: 'deny' });
    expect(rules.decide(alice, 'read', orders).isAllowed).toBe(true);
    expect(rules.decide(alice, 'describe', orders).isAllowed).toBe(false);
  });

  it('A3 who may alter the settings of a topic may see them', () => {
    const rules = authorizer({ operation: 'alterConfigs' });
    expect(rules.decide(alice, 'describeConfigs', orders).isAllowed).toBe(true);
    expect(rules.decide(alice, 'describe', orders).isAllowed).toBe(false);
  });
});

describe('A3 anything of a kind', () => {
  it.each<[string, boolean, Partial<AclRule>[]]>([
    ['without a rule', false, []],
    ['with one allowed topic', true, [{}]],
    ['with another operation', false, [{ operation: 'delete' }]],
    ['with one that is refused as well', false, [{}, { permission: 'deny' }]],
    [
      'with one that lies within a refused beginning',
      false,
      [{}, { permission: 'deny', patternType: 'prefixed', resourceName: 'or' }],
    ],
    ['with a beginning of which one name is refused', true, [{ patternType: 'prefixed' }, { permission: 'deny' }]],
    [
      'with a beginning within a refused one',
      false,
      [{ patternType: 'prefixed' }, { permission: 'deny', patternType: 'prefixed', resourceName: 'o' }],
    ],
    [
      'with a beginning that is wider than the refused one',
      true,
      [
        { patternType: 'prefixed', resourceName: 'o' },
        { permission: 'deny', patternType: 'prefixed' },
      ],
    ],
    [
      'with everything but a beginning',
      true,
      [{ resourceName: '*' }, { permission: 'deny', patternType: 'prefixed', resourceName: 'o' }],
    ],
    ['with everything refused', false, [{ resourceName: '*' }, {}, { permission: 'deny', resourceName: '*' }]],
  ])('A3 %s: %s', (_what, isAllowed, given) => {
    expect(authorizer(...given).decideForAny(alice, 'read', 'topic').isAllowed).toBe(isAllowed);
  });
});

describe('A3 changes', () => {
  it('A3 hold at once, also for what was decided before', () => {
    const rules = authorizer();
    const isAllowed = (): boolean => rules.decide(alice, 'read', orders).isAllowed;
    expect(isAllowed()).toBe(false);
    expect(rules.add(rule())).toBe(true);
    expect(isAllowed()).toBe(true);
    expect(rules.add(rule())).toBe(false);
    expect(rules.add(rule({ permission: 'deny' }))).toBe(true);
    expect(isAllowed()).toBe(false);
    expect(rules.remove(rule({ permission: 'deny' }))).toBe(true);
    expect(isAllowed()).toBe(true);
    expect(rules.remove(rule())).toBe(true);
    expect(rules.remove(rule())).toBe(false);
    expect(isAllowed()).toBe(false);
    expect(rules.rulesCount).toBe(0);
  });

  it('A3 rules are listed by what they say, and by what they concern', () => {
    const prefixed = rule({ patternType: 'prefixed', resourceName: 'ord', operation: 'write' });
    const all = rule({ resourceName: '*', principal: 'User:*' });
    const rules = authorizer({}, prefixed, all, {
      resourceType: 'cluster',
      resourceName: cluster.name,
      operation: 'alter',
    });
    expect(rules.rules()).toHaveLength(4);
    expect(rules.rules({ patternType: 'matching', resourceName: 'orders', resourceType: 'topic' })).toHaveLength(3);
    expect(rules.rules({ patternType: 'literal', resourceName: 'orders' })).toEqual([rule()]);
    expect(rules.rules({ principal: 'User:*' })).toEqual([all]);
    expect(rules.rules({ operation: 'write' })).toEqual([prefixed]);
  });

  it.each<[string, Partial<AclRule>]>([
    ['principal', { principal: 'alice' }],
    ['principal', { principal: 'User:' }],
    ['principal', { principal: `User:${'a'.repeat(1_100)}` }],
    ['host', { host: 'example.org' }],
    ['operation', { operation: 'idempotentWrite' }],
    ['operation', { resourceType: 'group', operation: 'write' }],
    ['resourceName', { resourceName: '' }],
    ['resourceName', { resourceName: 'a\nb' }],
    ['resourceName', { resourceType: 'cluster', operation: 'alter', resourceName: 'other' }],
    ['resourceType', { resourceType: 'thing' as 'topic' }],
    ['permission', { permission: 'maybe' as 'allow' }],
    ['patternType', { patternType: 'regex' as 'literal' }],
  ])('A3 a rule with a wrong %s is refused', (field, given) => {
    const rules = authorizer();
    expect(() => rules.add(rule(given))).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: expect.objectContaining({ field }) }),
    );
    expect(rules.rulesCount).toBe(0);
  });
});

describe('A3 against a model', () => {
  it('A3 decides as a look at every rule does', () => {
    const names = fc.constantFrom('a', 'ab', 'abc', 'b', '*');
    const anyRule = fc.record({
      principal: fc.constantFrom('User:alice', 'User:bob', 'User:*'),
      host: fc.constantFrom('*', '10.0.0.7', '10.0.0.8'),
      permission: fc.constantFrom('allow', 'deny'),
      operation: fc.constantFrom<Operation | 'all'>(
        'all',
        'read',
        'write',
        'describe',
        'alterConfigs',
        'describeConfigs',
      ),
      resourceType: fc.constant('topic' as const),
      patternType: fc.constantFrom('literal', 'prefixed'),
      resourceName: names,
    });
    fc.assert(
      fc.property(
        fc.array(anyRule, { maxLength: 12 }),
        fc.array(fc.nat(11), { maxLength: 4 }),
        names,
        (given, gone, name) => {
          const rules = new Authorizer();
          for (const each of given) rules.add(each);
          // What was decided before a rule goes must not be remembered.
          for (const operation of operationsOf('topic')) rules.decide(alice, operation, { type: 'topic', name });
          for (const index of gone) if (given[index] !== undefined) rules.remove(given[index]);
          const left = rules.rules();
          for (const operation of operationsOf('topic')) {
            const about = left.filter(
              (each) =>
                concerns(each, name)
                && ['*', alice.address].includes(each.host)
                && ['User:*', alice.principal.name].includes(each.principal),
            );
            const isAbout = (each: AclRule): boolean => each.operation === 'all' || each.operation === operation;
            const isDenied = about.some((each) => each.permission === 'deny' && isAbout(each));
            const isAllowed = about.some(
              (each) =>
                each.permission === 'allow'
                && (isAbout(each) || allowedThrough(operation).includes(each.operation as Operation)),
            );
            expect(rules.decide(alice, operation, { type: 'topic', name }).isAllowed).toBe(isAllowed && !isDenied);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
