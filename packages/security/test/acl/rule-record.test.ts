import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Authorizer } from '../../src/acl/authorizer.ts';
import type { Operation, Resource } from '../../src/acl/resource.ts';
import { decodeRule, encodeRule } from '../../src/acl/rule-record.ts';
import { checkRule } from '../../src/acl/rule.ts';
import type { AclRule } from '../../src/acl/rule.ts';

const ordersRule: AclRule = {
  principal: 'User:alice',
  host: '*',
  permission: 'allow',
  operation: 'read',
  resourceType: 'topic',
  patternType: 'prefixed',
  resourceName: 'orders-',
};
const bobOnly: AclRule = {
  ...ordersRule,
  principal: 'User:bob',
  permission: 'deny',
  host: '10.0.0.7',
  operation: 'all',
};

/** As they were written first. They never change: folders hold them. */
const golden: [AclRule, { key: string; value: string }][] = [
  [ordersRule, { key: 'acls/["topic","prefixed","orders-","User:alice","*","read","allow"]', value: '{"version":1}' }],
  [bobOnly, { key: 'acls/["topic","prefixed","orders-","User:bob","10.0.0.7","all","deny"]', value: '{"version":1}' }],
  [
    {
      ...ordersRule,
      principal: 'User:CN=a\\,b "c",O=ü',
      resourceType: 'cluster',
      patternType: 'literal',
      resourceName: 'kafka-cluster',
      operation: 'alterConfigs',
    },
    {
      key: String.raw`acls/["cluster","literal","kafka-cluster","User:CN=a\\,b \"c\",O=ü","*","alterConfigs","allow"]`,
      value: '{"version":1}',
    },
  ],
];

describe('A3: rules as they are stored', () => {
  it.each(golden)('A3: %j is written and read as ever', (rule, stored) => {
    expect(encodeRule(rule)).toEqual(stored);
    expect(decodeRule(stored)).toEqual({ rules: [rule], isUnderstood: true });
  });
});

const version2 = '{"version":2,"until":"2027-01-01"}';

function decides(
  stored: { key: string; value: string },
  operation: Operation,
  resource: Resource,
  name = 'User:alice',
) {
  const authorizer = new Authorizer();
  const everything = { principal: 'User:*', host: '*', permission: 'allow', operation: 'all' } as const;
  authorizer.add({ ...everything, resourceType: 'topic', patternType: 'literal', resourceName: '*' });
  authorizer.add({ ...everything, resourceType: 'group', patternType: 'literal', resourceName: '*' });
  for (const rule of decodeRule(stored).rules) authorizer.add(rule);
  return authorizer.decide({ principal: { name }, address: '10.0.0.7' }, operation, resource).isAllowed;
}

describe('A3, SEC-11: rules that a later version wrote', () => {
  it('A3, SEC-11: one that allows opens nothing', () => {
    const stored = { ...encodeRule(ordersRule), value: version2 };
    expect(decodeRule(stored)).toEqual({ rules: [], isUnderstood: false });
  });

  it('A3, SEC-11: one that refuses goes on refusing, and no more than what it is about', () => {
    const stored = { ...encodeRule(bobOnly), value: version2 };
    expect(decides(stored, 'read', { type: 'topic', name: 'orders-1' }, 'User:bob')).toBe(false);
    expect(decides(stored, 'read', { type: 'topic', name: 'payments' }, 'User:bob')).toBe(true);
    expect(decides(stored, 'read', { type: 'topic', name: 'orders-1' }, 'User:alice')).toBe(true);
  });

  it.each([
    ['an operation that is not known', ['topic', 'prefixed', 'orders-', 'User:bob', '*', 'compact', 'deny']],
    ['a pattern that is not known', ['topic', 'regular', 'orders-.*', 'User:bob', '*', 'read', 'deny']],
    ['a kind that is not known', ['shelf', 'prefixed', 'orders-', 'User:bob', '*', 'read', 'deny']],
    ['a principal that is not known', ['topic', 'literal', 'orders-1', 'Team:bob', '*', 'read', 'deny']],
    ['a range of addresses', ['topic', 'literal', 'orders-1', 'User:bob', '10.0.0.0/8', 'read', 'deny']],
    ['one more field', ['topic', 'literal', 'orders-1', 'User:bob', '*', 'read', 'deny', 'at night']],
    ['a permission that is not known', ['topic', 'literal', 'orders-1', 'User:bob', '*', 'read', 'audit']],
    ['fields that are no texts', [1, null, {}, [], true, 'read', 'deny']],
    ['no fields', []],
  ])('A3, SEC-11: with %s: refused is all that it may be about', (_what, fields) => {
    const stored = { key: `acls/${JSON.stringify(fields)}`, value: '{"version":1}' };
    expect(decodeRule(stored).isUnderstood).toBe(false);
    expect(decides(stored, 'read', { type: 'topic', name: 'orders-1' }, 'User:bob')).toBe(false);
  });

  it('A3, SEC-11: one that says nothing at all refuses everything', () => {
    for (const stored of [
      { key: 'acls/x', value: '' },
      { key: 'acls/', value: 'null' },
    ]) {
      expect(decides(stored, 'describe', { type: 'group', name: 'g' })).toBe(false);
      expect(decides(stored, 'write', { type: 'topic', name: 't' })).toBe(false);
    }
  });

  it('A3, SEC-11: whatever stands there is read without a fault, and opens nothing that is not understood', () => {
    const word = fc.oneof(
      fc.constantFrom(
        'topic',
        'cluster',
        'literal',
        'prefixed',
        '*',
        'User:*',
        'User:a',
        'read',
        'all',
        'deny',
        'allow',
      ),
      fc.string(),
      fc.jsonValue(),
    );
    const key = fc.oneof(
      fc.string(),
      fc.array(word, { minLength: 5, maxLength: 9 }).map((fields) => JSON.stringify(fields)),
    );
    const value = fc.oneof(fc.constantFrom('{"version":1}', '{"version":2}', 'null'), fc.string());
    fc.assert(
      fc.property(key, value, (rest, text) => {
        const { rules, isUnderstood } = decodeRule({ key: `acls/${rest}`, value: text });
        for (const rule of rules) {
          expect(checkRule(rule)).toEqual(rule);
          if (!isUnderstood) expect(rule.permission).toBe('deny');
        }
        if (isUnderstood) expect(decodeRule(encodeRule(rules[0]!))).toEqual({ rules, isUnderstood });
      }),
      { numRuns: 2_000 },
    );
  });
});
