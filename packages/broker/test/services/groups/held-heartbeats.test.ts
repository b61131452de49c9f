import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { HeldHeartbeats } from '../../../src/services/groups/held-heartbeats.ts';
import { FakeSignal } from '../../fakes/fake-caller.ts';

const member = { groupId: 'g', memberId: 'a' };

function setUp() {
  const clock = new ManualClock();
  const signal = new FakeSignal();
  const held = new HeldHeartbeats(clock);
  return { clock, signal, held, hold: () => held.hold(member, { signal, waitMs: 5000 }) };
}

describe('HeldHeartbeats', () => {
  it('G2 ends with news, and leaves nothing behind', async () => {
    const { clock, signal, held, hold } = setUp();
    const ended = hold();
    expect(held.holds(member)).toBe(true);
    held.end({ groupId: 'g', memberId: 'b' }, 'news');
    held.end({ groupId: 'h', memberId: 'a' }, 'news');
    expect(held.count).toBe(1);
    held.end(member, 'news');
    expect(await ended).toBe('news');
    expect([held.count, clock.pending, signal.listeners]).toEqual([0, 0, 0]);
  });

  it('G1 ends when its time is up', async () => {
    const { clock, held, hold } = setUp();
    const ended = hold();
    await clock.advance(4999);
    expect(held.holds(member)).toBe(true);
    await clock.advance(1);
    expect(await ended).toBe('time');
    expect(held.count).toBe(0);
  });

  it('G1 holds one heartbeat of a member: the newer one ends the older', async () => {
    const { clock, held, hold } = setUp();
    const older = hold();
    const newer = hold();
    expect(await older).toBe('newer');
    expect([held.count, clock.pending]).toEqual([1, 1]);
    held.end(member, 'news');
    expect(await newer).toBe('news');
  });

  it('W3 ends when the client hangs up, and holds nothing for one that has', async () => {
    const { clock, signal, held, hold } = setUp();
    const ended = hold();
    signal.abort();
    expect(await ended).toBe('gone');
    expect(await hold()).toBe('gone');
    expect([held.count, clock.pending]).toEqual([0, 0]);
  });

  it('B6 ends all holds when the broker stops, and holds nothing afterwards', async () => {
    const { clock, held, hold } = setUp();
    const ended = hold();
    held.releaseAll();
    expect(await ended).toBe('stopping');
    expect(await hold()).toBe('stopping');
    expect([held.count, clock.pending]).toEqual([0, 0]);
  });
});
