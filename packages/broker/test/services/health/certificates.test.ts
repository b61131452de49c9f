import { describe, expect, it } from 'vitest';
import { findAll } from '../../../src/services/health/rules.ts';
import { defaultThresholds } from '../../../src/services/health/thresholds.ts';
import { wellFacts } from './health-scene.ts';

const dayMs = 86_400_000;

describe('A1, O4: certificates that end', () => {
  it.each([
    [15 * dayMs, []],
    [14 * dayMs, []],
    [14 * dayMs - 1, ['certificate.expiring warns outside: 13 days']],
    [1.5 * dayMs, ['certificate.expiring warns outside: 1 day']],
    [1, ['certificate.expiring warns outside: 0 days']],
    [0, ['certificate.expired warns outside: has expired']],
    [-dayMs, ['certificate.expired warns outside: has expired']],
  ])('A1, O4: with %d ms left: %j', (leftMs, told) => {
    const certificates = [{ listener: 'outside', name: 'CN=q', leftMs }];
    const context = { facts: { ...wellFacts, certificates }, thresholds: defaultThresholds, isRaised: () => false };
    const found = findAll(context).map(
      ({ name, subject, reason }) => `${name} warns ${subject}: ${/\d+ days?|has expired/.exec(reason)?.[0]}`,
    );
    expect(found).toEqual(told);
  });
});
