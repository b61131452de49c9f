import { describe, expect, it } from 'vitest';
import { everyOther } from '../../src/quotas/quota.ts';
import type { QuotaEntity, QuotaKind } from '../../src/quotas/quota.ts';
import { decodeQuotas, encodeQuotas, quotaEntityOf, quotaKey } from '../../src/quotas/quota-record.ts';

/** What was stored yesterday, byte by byte. */
const goldenKeys: readonly (readonly [QuotaEntity, string])[] = [
  [{ user: 'alice' }, 'quotas/user/alice'],
  [{ user: 'svc, orders=1/ü' }, 'quotas/user/svc%2C%20orders%3D1%2F%C3%BC'],
  [{ user: '<default>' }, 'quotas/user/%3Cdefault%3E'],
  [{ user: everyOther }, 'quotas/user/<default>'],
  [{ user: 'alice', clientId: 'app' }, 'quotas/user/alice/client/app'],
  [{ user: everyOther, clientId: everyOther }, 'quotas/user/<default>/client/<default>'],
  [{ user: 'client', clientId: '' }, 'quotas/user/client/client/'],
  [{ clientId: 'app' }, 'quotas/client/app'],
  [{ clientId: '' }, 'quotas/client/'],
  [{ address: '::1' }, 'quotas/address/%3A%3A1'],
  [{ address: everyOther }, 'quotas/address/<default>'],
];
const goldenValue =
  '{"version":1,"quotas":{"producerByteRate":1048576,"consumerByteRate":0.5,"requestPercentage":150,'
  + '"connectionCreationRate":5}}';

describe('A3 quotas as they are stored', () => {
  it.each(goldenKeys)('A3 of %j are under %s', (entity, key) => {
    expect(quotaKey(entity)).toBe(key);
    expect(quotaEntityOf(key)).toEqual(entity);
  });

  it('A3 are what they were yesterday, byte by byte, in whatever order they came', () => {
    const quotas = new Map<QuotaKind, number>([
      ['connectionCreationRate', 5],
      ['requestPercentage', 150],
      ['consumerByteRate', 0.5],
      ['producerByteRate', 1_048_576],
    ]);
    expect(encodeQuotas(quotas)).toBe(goldenValue);
    expect(decodeQuotas(goldenValue)).toEqual(quotas);
  });

  it.each([
    'no JSON',
    '[]',
    '{"version":2,"quotas":{}}',
    '{"version":1}',
    '{"version":1,"quotas":{"speed":1}}',
    '{"version":1,"quotas":{"producerByteRate":0}}',
    '{"version":1,"quotas":{"producerByteRate":"1"}}',
    '{"version":1,"quotas":{"producerByteRate":1e999}}',
  ])('A3 %s is none', (text) => expect(decodeQuotas(text)).toBeNull());

  it.each([
    'quotas/',
    'quotas/team/a',
    'quotas/user',
    'quotas/client/a/user/b',
    'quotas/user/a/client/b/c',
    'quotas/user/%zz',
  ])('A3 %s is of nobody', (key) => expect(quotaEntityOf(key)).toBeNull());
});
