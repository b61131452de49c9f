import { describe, expect, it } from 'vitest';
import { securityLimits } from '../../src/limits.ts';
import { everyOther } from '../../src/quotas/quota.ts';
import type { QuotaEntity, QuotaKind } from '../../src/quotas/quota.ts';
import { QuotaBook } from '../../src/quotas/quota-book.ts';
import { RateMeter } from '../../src/quotas/rate-meter.ts';

const alice = { user: 'alice', clientId: 'app' };

/** Kafka's order (KIP-55), the closest first. */
const byCloseness: QuotaEntity[] = [
  { user: 'alice', clientId: 'app' },
  { user: 'alice', clientId: everyOther },
  { user: 'alice' },
  { user: everyOther, clientId: 'app' },
  { user: everyOther, clientId: everyOther },
  { user: everyOther },
  { clientId: 'app' },
  { clientId: everyOther },
];

describe('A3 which quota holds', () => {
  it('A3 is the closest of eight', () => {
    const book = new QuotaBook();
    for (const [at, entity] of [...byCloseness.entries()].toReversed()) {
      book.set(entity, 'producerByteRate', 100 + at);
      expect(book.ofClient(alice, 'producerByteRate')?.perSecond).toBe(100 + at);
    }
    for (const [at, entity] of byCloseness.entries()) {
      expect(book.ofClient(alice, 'producerByteRate')?.perSecond).toBe(100 + at);
      book.set(entity, 'producerByteRate', null);
    }
    expect(book.ofClient(alice, 'producerByteRate')).toBeNull();
    expect(book.isEmpty).toBe(true);
  });

  it('A3 of one kind says nothing of another, and of a user nothing of others', () => {
    const book = new QuotaBook();
    book.set({ user: 'alice' }, 'producerByteRate', 5);
    expect(book.ofClient(alice, 'consumerByteRate')).toBeNull();
    expect(book.ofClient({ ...alice, user: 'bob' }, 'producerByteRate')).toBeNull();
  });

  it('A3 of a user is shared by its client ids, one of every other user by nobody', () => {
    const book = new QuotaBook();
    const shared = (user: string, clientId: string) => book.ofClient({ user, clientId }, 'producerByteRate')?.sharedBy;
    book.set({ user: everyOther }, 'producerByteRate', 5);
    expect(shared('a', 'x')).toBe(shared('a', 'y'));
    expect(shared('a', 'x')).not.toBe(shared('b', 'x'));
    book.set({ user: everyOther, clientId: everyOther }, 'producerByteRate', 5);
    expect(shared('a', 'x')).not.toBe(shared('a', 'y'));
  });

  it('A3 of an address is about connections, and about what they use', () => {
    const book = new QuotaBook();
    const of = (address: string) => book.ofAddress(address, 'connectionCreationRate');
    book.set({ address: everyOther }, 'connectionCreationRate', 10);
    book.set({ address: '10.0.0.7' }, 'connectionCreationRate', 2);
    book.set({ address: '10.0.0.7' }, 'producerByteRate', 3);
    expect(of('10.0.0.7')?.perSecond).toBe(2);
    expect(book.ofAddress('10.0.0.7', 'producerByteRate')?.perSecond).toBe(3);
    expect(of('10.0.0.8')?.perSecond).toBe(10);
    expect(of('10.0.0.8')?.sharedBy).not.toBe(of('10.0.0.9')?.sharedBy);
  });

  it.each<[string, QuotaEntity, QuotaKind, number]>([
    ['nobody', {}, 'producerByteRate', 1],
    ['a user at an address', { user: 'a', address: 'b' }, 'producerByteRate', 1],
    ['half a letter', { user: 'a\ud800' }, 'producerByteRate', 1],
    ['connections of a user', { user: 'a' }, 'connectionCreationRate', 1],
    ['nothing a second', { user: 'a' }, 'producerByteRate', 0],
    ['no number', { user: 'a' }, 'producerByteRate', Number.NaN],
    ['another kind', { user: 'a' }, 'speed' as QuotaKind, 1],
    ['a long name', { user: 'a'.repeat(300) }, 'producerByteRate', 1],
  ])('A3 a quota of %s is refused', (_what, entity, kind, value) => {
    const book = new QuotaBook();
    expect(() => book.set(entity, kind, value)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    expect(book.all).toEqual([]);
  });

  it('A3 there are so many and no more', () => {
    const book = new QuotaBook();
    for (let user = 0; user < securityLimits.quotasMax; user += 1)
      book.set({ user: `user-${user}` }, 'producerByteRate', 1);
    expect(() => book.set({ user: 'one-more' }, 'producerByteRate', 1)).toThrow(/as many as there may be/);
    book.set({ user: 'user-0' }, 'consumerByteRate', 1);
  });
});

describe('A3 SEC-13 how long to wait', () => {
  const quota = { perSecond: 1000, sharedBy: 'alice' };

  it("A3 is nothing within a second's worth, and what is beyond it otherwise", () => {
    const meter = new RateMeter();
    expect(meter.use(quota, 600, 0)).toBe(0);
    expect(meter.use(quota, 400, 0)).toBe(0);
    expect(meter.use(quota, 500, 0)).toBe(500);
  });

  it('A3 whoever waits for that long is within again', () => {
    const meter = new RateMeter();
    expect(meter.use(quota, 3000, 0)).toBe(2000);
    expect(meter.use(quota, 0, 2000)).toBe(0);
    expect(meter.use(quota, 1000, 3000)).toBe(0);
  });

  it('A3 over a minute the rate is that of the quota', () => {
    const meter = new RateMeter();
    let [nowMs, used] = [0, 0];
    while (nowMs < 60_000) {
      nowMs += meter.use(quota, 777, nowMs) + 1;
      used += 777;
    }
    expect(used / 60).toBeGreaterThan(950);
    expect(used / 60).toBeLessThan(1050);
  });

  it('A3 is never longer than its bound, and others have their own', () => {
    const meter = new RateMeter();
    expect(meter.use(quota, 1e9, 0)).toBe(10_000);
    expect(meter.use({ ...quota, sharedBy: 'bob' }, 1, 0)).toBe(0);
  });

  it('A3 owing is no use, and what was given back is not owed', () => {
    const meter = new RateMeter();
    meter.use(quota, 3000, 0);
    expect(meter.owed(quota, 0)).toBe(2000);
    expect(meter.owed(quota, 500)).toBe(1500);
    expect(meter.use(quota, -2000, 0)).toBe(0);
    expect(meter.size).toBe(1);
    expect(meter.owed({ ...quota, sharedBy: 'bob' }, 0)).toBe(0);
    expect(meter.size).toBe(1);
  });

  it('A3 is over some time after the greatest of uses: nobody is locked out', () => {
    const meter = new RateMeter();
    meter.use(quota, 1e12, 0);
    expect(meter.owed(quota, 29_000)).toBe(1000);
    expect(meter.owed(quota, 30_000)).toBe(0);
  });

  it('A3 is known of so many and no more', () => {
    const meter = new RateMeter();
    for (let user = 0; user < securityLimits.quotaUsersMax + 10; user += 1)
      meter.use({ perSecond: 1, sharedBy: String(user) }, 1, 0);
    expect(meter.size).toBe(securityLimits.quotaUsersMax);
  });
});
