import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { WorkLane } from '../../src/services/work-lane.ts';
import { FakeSignal } from '../fakes/fake-caller.ts';

function setUp(placesMax: number) {
  const clock = new ManualClock();
  const lane = new WorkLane({ clock, placesMax, sentAway: { late: () => 'late', gone: 'gone' } });
  const order: string[] = [];
  const enter = (name: string, signal = new FakeSignal(), timeoutMs = 1000): Promise<unknown> =>
    lane.enter({ signal, timeoutMs }).then(
      () => order.push(name),
      (error: { code: string }) => order.push(`${name}: ${error.code}`),
    );
  return { clock, lane, order, enter };
}

describe('WorkLane', () => {
  it('W3 lets in so many, and the others in the order of their coming', async () => {
    const { lane, order, enter } = setUp(2);
    const all = ['a', 'b', 'c', 'd'].map((name) => enter(name));
    await Promise.all(all.slice(0, 2));
    expect(order).toEqual(['a', 'b']);
    expect(lane.waiting).toBe(2);
    lane.leave();
    await all[2];
    expect(order).toEqual(['a', 'b', 'c']);
    lane.leave();
    await all[3];
    lane.leave();
    lane.leave();
    await enter('e');
    expect(order).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('W3 sends away who waits too long, and who has hung up, and keeps nothing of them', async () => {
    const { clock, lane, order, enter } = setUp(1);
    await enter('first');
    const signal = new FakeSignal();
    const waiting = [enter('late', new FakeSignal(), 500), enter('gone', signal), enter('next')];
    signal.abort();
    await clock.advance(500);
    await Promise.all(waiting.slice(0, 2));
    expect(order).toEqual(['first', 'gone: REQUEST_TIMED_OUT', 'late: REQUEST_TIMED_OUT']);
    lane.leave();
    await waiting[2];
    expect(order.at(-1)).toBe('next');
    expect(lane.waiting).toBe(0);
    expect(clock.pending).toBe(0);
    await enter('too late', signal);
    expect(order.at(-1)).toBe('too late: REQUEST_TIMED_OUT');
  });
});
