import { describe, expect, it } from 'vitest';
import { GroupImage, groupState, hasExpired, nextDeadlineMs, recordsOf, removalRecords } from '../../src/index.ts';
import type { GroupRecord, LoadedGroup } from '../../src/index.ts';
import { DrivenGroup } from './driven-group.ts';

function load(records: Iterable<GroupRecord>, now: { nowMs: number; wallMs: number }): LoadedGroup[] {
  const image = new GroupImage();
  for (const record of records) image.apply(record);
  return [...image.groups(now)];
}

const committed = { offset: 5, leaderEpoch: 0, metadata: null, committedAtMs: 1_000, progressedAtMs: 1_000 };
const offset: GroupRecord = { kind: 'offset', groupId: 'orders', topicId: 't', partition: 1, committed };

describe('GroupImage', () => {
  it('G1 G2 brings a group back in the middle of a rebalance, with sessions and deadlines that begin anew', () => {
    const driven = new DrivenGroup({ a: 4 });
    driven.join('one', ['a']);
    driven.join('two', ['a']);
    driven.look('one');
    const { context } = driven;
    const [loaded] = load(driven.records, { nowMs: 90_000, wallMs: context.wallMs + 600_000 });
    expect(recordsOf(loaded!.group!, context)).toEqual(recordsOf(driven.group, context));
    expect(loaded!.group!.members.get('one')).toMatchObject({ lastHeartbeatMs: 90_000, revokeByMs: 150_000 });
    expect(nextDeadlineMs(loaded!.group!)).toBe(135_000);
    driven.group = loaded!.group!;
    driven.nowMs = 90_000;
    driven.say('one', { owned: { a: [0, 1] } });
    driven.look('two');
    expect(groupState(driven.group)).toBe('stable');
  });

  it('G3 has groups of offsets alone, and forgets what is gone', () => {
    const [loaded] = load([offset], { nowMs: 0, wallMs: 1_500 });
    expect(loaded!.group).toBeNull();
    expect([...loaded!.offsets.entries()]).toEqual([{ topicId: 't', partition: 1, committed }]);
    expect(
      load([offset, { kind: 'offset-gone', groupId: 'orders', topicId: 't', partition: 1 }], { nowMs: 0, wallMs: 0 }),
    ).toEqual([]);
  });

  it('G3 nothing is left of a group that was removed', () => {
    const driven = new DrivenGroup({ a: 1 });
    driven.join('one', ['a']);
    const [loaded] = load([...driven.records, offset], driven.context);
    const removal = removalRecords(loaded!);
    expect(removal.map(({ kind }) => kind)).toEqual(['group-gone', 'member-gone', 'offset-gone']);
    expect(load([...driven.records, offset, ...removal], driven.context)).toEqual([]);
  });

  it('G3 the wall clock bridges the restart only: it may go back, and what was empty stays so for its time', () => {
    const driven = new DrivenGroup();
    driven.join('one', []);
    driven.say('one', { memberEpoch: -1 });
    const { wallMs } = driven.context;
    const isExpired = (loadedAtWallMs: number, nowMs: number): boolean => {
      const [loaded] = load(driven.records, { nowMs: 0, wallMs: loadedAtWallMs });
      return hasExpired(loaded!, { nowMs, groupExpiryMs: 1_000 });
    };
    expect([isExpired(wallMs + 600, 399), isExpired(wallMs + 600, 400)]).toEqual([false, true]);
    expect([isExpired(wallMs - 600, 999), isExpired(wallMs - 600, 1_000)]).toEqual([false, true]);
    const [offsets] = load([offset], { nowMs: 0, wallMs: 1_600 });
    expect([399, 400].map((nowMs) => hasExpired(offsets!, { nowMs, groupExpiryMs: 1_000 }))).toEqual([false, true]);
  });

  it('G1 members whose group only a newer broker understands are left alone', () => {
    const driven = new DrivenGroup();
    driven.join('one', []);
    const [loaded] = load(
      driven.records.filter(({ kind }) => kind === 'member'),
      driven.context,
    );
    expect(loaded!.group).toBeNull();
  });
});
