import { describe, expect, it } from 'vitest';
import { checkGroupId, checkOffsetAccess, CommittedOffsets, hasExpired, mayCommit } from '../../src/index.ts';
import { DrivenGroup } from './driven-group.ts';

const commit = { offset: 5, leaderEpoch: 1, metadata: 'text', committedAtMs: 100 };

describe('CommittedOffsets', () => {
  it('C4 G3 keeps the last commit of each partition, and when it last moved forward', () => {
    const offsets = new CommittedOffsets();
    offsets.put('t', 0, offsets.next('t', 0, commit), 1);
    expect(offsets.get('t', 0)).toEqual({ ...commit, progressedAtMs: 100 });
    offsets.put('t', 0, offsets.next('t', 0, { ...commit, committedAtMs: 200 }), 2);
    expect(offsets.get('t', 0)!.progressedAtMs).toBe(100);
    offsets.put('t', 0, offsets.next('t', 0, { ...commit, offset: 4, committedAtMs: 300 }), 3);
    expect(offsets.get('t', 0)).toMatchObject({ offset: 4, progressedAtMs: 100 });
    offsets.put('t', 0, offsets.next('t', 0, { ...commit, offset: 6, committedAtMs: 400 }), 4);
    expect(offsets.get('t', 0)!.progressedAtMs).toBe(400);
    expect([offsets.size, offsets.latestCommitMs]).toEqual([1, 4]);
  });

  it('G3 deletes one, or a topic', () => {
    const offsets = new CommittedOffsets();
    for (const [topic, partition] of [
      ['t', 2],
      ['t', 0],
      ['u', 1],
    ] as const)
      offsets.put(topic, partition, offsets.next(topic, partition, commit), 7);
    expect([...offsets.entries()].map(({ topicId, partition }) => [topicId, partition])).toEqual([
      ['t', 2],
      ['t', 0],
      ['u', 1],
    ]);
    expect([offsets.delete('u', 1), offsets.delete('u', 1), offsets.delete('t', 1)]).toEqual([true, false, false]);
    expect(offsets.deleteTopic('t')).toEqual([0, 2]);
    expect(offsets.deleteTopic('t')).toEqual([]);
    expect([offsets.size, offsets.get('t', 0), offsets.latestCommitMs]).toEqual([0, null, 7]);
  });
});

describe('who may commit', () => {
  it('C4 G3 is a member of the epoch, or of the one before, and for what it owns or is giving up', () => {
    const driven = new DrivenGroup({ a: 2 });
    const topicId = driven.topics.byName('a')!.topicId;
    driven.join('one', ['a']);
    driven.join('two', ['a']);
    driven.look('one');
    const check = (memberId: string, memberEpoch: number): string | undefined =>
      checkOffsetAccess(driven.group, { memberId, memberEpoch }, 'commit')?.code;
    expect([0, 1].map((partition) => mayCommit(driven.group, 'one', topicId, partition))).toEqual([true, true]);
    expect(check('one', 1)).toBeUndefined();
    expect(check('one', 2)).toBe('STALE_MEMBER_EPOCH');
    driven.say('one', { owned: { a: [0] } });
    expect([0, 1].map((partition) => mayCommit(driven.group, 'one', topicId, partition))).toEqual([true, false]);
    expect(mayCommit(driven.group, 'nobody', topicId, 0)).toBe(false);
    expect([check('one', 2), check('one', 1)]).toEqual([undefined, undefined]);
    expect([check('one', 0), check('nobody', 1)]).toEqual(['STALE_MEMBER_EPOCH', 'UNKNOWN_MEMBER']);
  });

  it('C4 a late commit of an older epoch cannot undo what another owner did meanwhile', () => {
    const driven = new DrivenGroup({ a: 2 });
    driven.join('one', ['a']);
    driven.join('two', ['a']);
    driven.look('one');
    driven.say('one', { owned: { a: [0] } });
    driven.look('two');
    driven.say('two', { memberEpoch: -1 });
    expect(driven.look('one')).toEqual({ a: [0, 1] });
    expect(checkOffsetAccess(driven.group, { memberId: 'one', memberEpoch: 1 }, 'commit')?.code).toBe(
      'STALE_MEMBER_EPOCH',
    );
  });

  it('C4 outsiders commit only while there are no members, and may always look', () => {
    const outsider = { memberId: '', memberEpoch: -1 };
    const driven = new DrivenGroup();
    expect(checkOffsetAccess(null, outsider, 'commit')).toBeNull();
    expect(checkOffsetAccess(driven.group, outsider, 'commit')).toBeNull();
    driven.join('one', []);
    expect(checkOffsetAccess(driven.group, outsider, 'commit')?.code).toBe('GROUP_NOT_EMPTY');
    expect(checkOffsetAccess(driven.group, outsider, 'fetch')).toBeNull();
    expect(checkOffsetAccess(null, { memberId: 'one', memberEpoch: 1 }, 'fetch')?.code).toBe('UNKNOWN_MEMBER');
  });
});

describe('expiry', () => {
  it('G3 counts from when the group became empty or the last commit, whichever was later', () => {
    const offsets = new CommittedOffsets();
    const driven = new DrivenGroup();
    const at = (nowMs: number): boolean =>
      hasExpired({ group: driven.group, offsets }, { nowMs, groupExpiryMs: 1_000 });
    driven.join('one', []);
    expect(at(1_000_000)).toBe(false);
    driven.nowMs = 500;
    driven.say('one', { memberEpoch: -1 });
    expect([at(1_499), at(1_500)]).toEqual([false, true]);
    offsets.put('t', 0, { ...commit, progressedAtMs: 0 }, 700);
    expect([at(1_699), at(1_700)]).toEqual([false, true]);
    expect(hasExpired({ group: null, offsets }, { nowMs: 1_700, groupExpiryMs: 1_000 })).toBe(true);
  });
});

describe('checkGroupId', () => {
  it('G1 says why an id is none', () => {
    expect(['orders', 'ö'.repeat(249), '__x y'].map(checkGroupId)).toEqual([null, null, null]);
    expect(['', 'x'.repeat(250), 'a\u0000', '\ud800'].map((id) => checkGroupId(id) !== null)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});
