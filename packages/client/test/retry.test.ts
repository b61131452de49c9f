import { QError } from '@q/protocol';
import { seededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';

import { askedPauseMsMax, backoffMs, pauseMs, toQError } from '../src/retry.ts';

const policy = { initialMs: 50, maxMs: 1_000 };

describe('backoffMs', () => {
  it('Q2 doubles its bound with each attempt, up to the longest wait', () => {
    const almostOne = { next: () => 0.999_999, bytes: () => Buffer.alloc(0) };
    const waits = [1, 2, 3, 4, 5, 6, 7, 50].map((attempt) =>
      Math.round(backoffMs(policy, { attempt, random: almostOne })),
    );
    expect(waits).toEqual([50, 100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  it('Q2 waits anything from nothing to the bound (full jitter)', () => {
    const random = seededRandom(3);
    const waits = Array.from({ length: 2_000 }, () => backoffMs(policy, { attempt: 4, random }));
    expect(Math.min(...waits)).toBeLessThan(10);
    expect(Math.max(...waits)).toBeGreaterThan(390);
    expect(Math.max(...waits)).toBeLessThan(400);
    expect(waits.reduce((sum, wait) => sum + wait, 0) / waits.length).toBeCloseTo(200, -1.5);
  });
});

describe('pauseMs', () => {
  const almostOne = { next: () => 0.999_999, bytes: () => Buffer.alloc(0) };
  const none = { next: () => 0, bytes: () => Buffer.alloc(0) };
  const asking = (retryAfterMs: number): QError => new QError('STORAGE_FULL', 'full', { details: { retryAfterMs } });

  it('Q2 waits no less than the broker has asked for, and not at the same moment as the others', () => {
    expect(pauseMs(policy, { attempt: 1, random: none, error: asking(700) })).toBe(700);
    expect(pauseMs(policy, { attempt: 1, random: almostOne, error: asking(700) })).toBeCloseTo(875, 0);
  });

  it('Q2 waits its own time where that is longer, or nothing was asked for', () => {
    expect(Math.round(pauseMs(policy, { attempt: 9, random: almostOne, error: asking(10) }))).toBe(1_000);
    const plain = new QError('STORAGE_FULL', 'full');
    expect(pauseMs(policy, { attempt: 9, random: none, error: plain })).toBe(0);
  });

  it('Q2 lets no broker stop it for good', () => {
    expect(pauseMs(policy, { attempt: 1, random: none, error: asking(1e12) })).toBe(askedPauseMsMax);
    expect(pauseMs(policy, { attempt: 1, random: none, error: asking(-5) })).toBe(0);
    expect(pauseMs(policy, { attempt: 1, random: none, error: asking(Number.NaN) })).toBe(0);
  });
});

describe('toQError', () => {
  it('Q2 passes QErrors on and wraps anything else with its cause', () => {
    const own = new QError('CLOSED', 'x');
    expect(toQError(own, 'y')).toBe(own);
    const cause = new TypeError('not a function');
    const wrapped = toQError(cause, 'decoding');
    expect(wrapped).toMatchObject({ code: 'UNKNOWN', message: 'decoding: not a function' });
    expect(wrapped.cause).toBe(cause);
    expect(toQError('text', 'z').message).toBe('z: text');
  });
});
