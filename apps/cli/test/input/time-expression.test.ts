import { describe, expect, it } from 'vitest';
import { readTimeExpression, timestampOf } from '../../src/input/time-expression.ts';

function timestamp(text: string, nowMs = 0): number | undefined {
  const time = readTimeExpression(text);
  return time === undefined ? undefined : timestampOf(time, nowMs);
}

describe('times', () => {
  it('reads a time without a zone as local, a date as its local midnight', () => {
    expect(timestamp('2026-11-22')).toBe(new Date(2026, 10, 22).getTime());
    expect(timestamp('2026-11-22 10:30')).toBe(new Date(2026, 10, 22, 10, 30).getTime());
    expect(timestamp('2026-11-22T10:30:05.25')).toBe(new Date(2026, 10, 22, 10, 30, 5, 250).getTime());
  });

  it('reads zones', () => {
    expect(timestamp('2026-11-22T10:30Z')).toBe(Date.UTC(2026, 10, 22, 10, 30));
    expect(timestamp('2026-11-22T10:30:00+02:00')).toBe(Date.UTC(2026, 10, 22, 8, 30));
    expect(timestamp('2026-11-22T10:30:00-0530')).toBe(Date.UTC(2026, 10, 22, 16, 0));
  });

  it('takes short numbers for seconds and long ones for milliseconds', () => {
    expect([timestamp('0'), timestamp('1700000000'), timestamp('1700000000000')]).toEqual([
      0, 1_700_000_000_000, 1_700_000_000_000,
    ]);
  });

  it('counts back from now', () => {
    expect([
      timestamp('-1d12h', 1e9),
      timestamp('-500ms', 1e9),
      timestamp('-1.5s', 1e9),
      timestamp('now', 1e9),
    ]).toEqual([1e9 - 129_600_000, 1e9 - 500, 1e9 - 1500, 1e9]);
  });

  it('does not invent days or units', () => {
    for (const text of [
      '2026-02-29',
      '2026-00-01',
      '2026-11-22T10:61',
      '-1y',
      '-h',
      '+1h',
      '2026-11-22Z',
      '12345678901234567',
    ]) {
      expect(timestamp(text)).toBeUndefined();
    }
    expect(timestamp('2028-02-29')).toBe(new Date(2028, 1, 29).getTime());
  });
});
