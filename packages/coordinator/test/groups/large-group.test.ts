import { expect, it } from 'vitest';
import { countPartitions, groupState, stepGroup } from '../../src/index.ts';
import { DrivenGroup, replyOf } from './driven-group.ts';

/** Everybody who is woken looks, and says what it still owns, until nobody is. */
function settle(driven: DrivenGroup, woken: readonly string[]): void {
  const queue = [...woken];
  for (let memberId = queue.shift(); memberId !== undefined; memberId = queue.shift()) {
    const looked = driven.step({ kind: 'look', memberId });
    queue.push(...looked.wake);
    if (driven.member(memberId)!.revoking.size === 0) continue;
    queue.push(...driven.say(memberId, { owned: Object.fromEntries(ownedOf(driven, memberId)) }).wake);
  }
}

function ownedOf(driven: DrivenGroup, memberId: string): [string, number[]][] {
  return Object.entries(driven.held(memberId)).map(([name, list]) => [name, [...list]]);
}

it(
  'G1 G2 a thousand members join one after another: each join moves its share only, and the end is even',
  { timeout: 60_000 },
  () => {
    const driven = new DrivenGroup({ a: 1_000 });
    for (let count = 1; count <= 1_000; count += 1) {
      const joined = driven.join(`member-${count}`, ['a']);
      expect(joined.wake.length).toBeLessThanOrEqual(Math.ceil(1_000 / count));
      settle(driven, joined.wake);
    }
    expect(groupState(driven.group)).toBe('stable');
    const loads = [...driven.group.members.values()].map(({ assigned }) => countPartitions(assigned));
    expect(loads).toEqual(Array.from({ length: 1_000 }, () => 1));
  },
);

it('G1 a thousand members that join at once and then look share everything', { timeout: 60_000 }, () => {
  const driven = new DrivenGroup({ a: 1_000 });
  for (let count = 1; count <= 1_000; count += 1)
    expect(replyOf(driven.join(`member-${count}`, ['a'])).memberEpoch).toBe(count);
  settle(driven, [...driven.group.members.keys()]);
  expect(groupState(driven.group)).toBe('stable');
});

it('G1 a quiet heartbeat in a large group stores nothing, wakes nobody, and leaves the group before as it was', () => {
  const driven = new DrivenGroup();
  for (let count = 1; count <= 100; count += 1) driven.join(`member-${count}`, []);
  const before = driven.group;
  const step = driven.say('member-50', { stalledMs: 3 });
  expect(step).toMatchObject({ records: [], wake: [] });
  expect([before.members.get('member-50')!.stalledMs, step.group.members.get('member-50')!.stalledMs]).toEqual([0, 3]);
  expect(stepGroup(before, { kind: 'look', memberId: 'member-50' }, driven.context).group).toBe(before);
});
