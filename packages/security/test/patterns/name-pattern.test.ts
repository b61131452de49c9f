import { describe, expect, it } from 'vitest';
import { parseNamePattern } from '../../src/index.ts';
import { securityLimits } from '../../src/limits.ts';

const tooBig = { code: 'INVALID_REQUEST' };

describe('patterns of names', () => {
  it('X3, SEC-4: fit the whole name', () => {
    expect(['billing-1', 'billing', 'xbilling-1'].map(parseNamePattern('billing-.*'))).toEqual([true, false, false]);
    expect(parseNamePattern('(?i)BILLING')('billing')).toBe(true);
    expect(parseNamePattern('')('billing')).toBe(true);
  });

  it('X3, SEC-4: are refused when they cannot be read, look around, or refer back', () => {
    for (const pattern of ['[', '(?=a)', String.raw`(a)\1`])
      expect(() => parseNamePattern(pattern)).toThrow(expect.objectContaining(tooBig));
  });

  it('X3, SEC-4: are bounded, and so is what short ones stand for', () => {
    const { namePatternCharactersMax } = securityLimits;
    expect(parseNamePattern('a'.repeat(namePatternCharactersMax))('a')).toBe(false);
    for (const pattern of ['a'.repeat(namePatternCharactersMax + 1), '(a{0,30}){0,30}'])
      expect(() => parseNamePattern(pattern)).toThrow(expect.objectContaining(tooBig));
  });

  it('X3, SEC-4: take no more time where others try every way', () => {
    const fits = parseNamePattern('(a|aa)*b');
    const begin = performance.now();
    expect(fits('a'.repeat(249))).toBe(false);
    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});
