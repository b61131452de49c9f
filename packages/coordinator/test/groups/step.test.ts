import { describe, expect, it } from 'vitest';
import {
  coordinatorLimits,
  groupAssignor,
  groupState,
  memberIsStalled,
  memberState,
  nextDeadlineMs,
  ownerOf,
} from '../../src/index.ts';
import type { Group, GroupStep } from '../../src/index.ts';
import { DrivenGroup, replyOf } from './driven-group.ts';

function codeOf({ result }: GroupStep): string {
  return result.kind === 'refused' ? result.code : result.kind;
}

/** Two members with two partitions each, both at rest. */
function pair(): DrivenGroup {
  const driven = new DrivenGroup({ a: 4 });
  driven.join('one', ['a']);
  driven.join('two', ['a']);
  driven.look('one');
  driven.say('one', { owned: { a: [0, 1] } });
  driven.look('two');
  return driven;
}

describe('joining and moving', () => {
  it('G1 the first member gets everything at once', () => {
    const driven = new DrivenGroup({ a: 4, b: 2 });
    const step = driven.join('one', ['a', 'b']);
    expect(driven.told(step)).toEqual({ a: [0, 1, 2, 3], b: [0, 1] });
    expect(replyOf(step)).toMatchObject({ memberEpoch: 1, sessionTimeoutMs: 45_000 });
    expect(step.records.map(({ kind }) => kind)).toEqual(['group', 'member']);
    expect(groupState(driven.group)).toBe('stable');
  });

  it('G2 a partition moves only when its owner has let go, and both are woken in turn', () => {
    const driven = new DrivenGroup({ a: 4 });
    driven.join('one', ['a']);
    const joined = driven.join('two', ['a']);
    expect(driven.told(joined)).toEqual({});
    expect(joined.wake).toEqual(['one']);
    expect(memberState(driven.group, driven.member('one')!)).toBe('unrevoked');
    expect(memberState(driven.group, driven.member('two')!)).toBe('unreleased');

    expect(driven.look('one')).toEqual({ a: [0, 1] });
    expect(driven.held('one', 'revoking')).toEqual({ a: [2, 3] });
    expect(driven.member('one')!.memberEpoch).toBe(1);
    expect(driven.look('two')).toBeNull();

    const partly = driven.say('one', { owned: { a: [0, 1, 3] } });
    expect(partly.wake).toEqual(['two']);
    expect(driven.look('two')).toEqual({ a: [2] });
    const wholly = driven.say('one', { owned: { a: [0, 1] } });
    expect(wholly.wake).toEqual(['two']);
    expect(driven.told(wholly)).toEqual({ a: [0, 1] });
    expect(replyOf(wholly).memberEpoch).toBe(2);
    expect(driven.look('two')).toEqual({ a: [2, 3] });
    expect(groupState(driven.group)).toBe('stable');
    expect(['one', 'two'].map((memberId) => driven.held(memberId))).toEqual([{ a: [0, 1] }, { a: [2, 3] }]);
    expect(ownerOf(driven.group, driven.topics.byName('a')!.topicId, 3)).toBe('two');
    expect(ownerOf(driven.group, driven.topics.byName('a')!.topicId, 4)).toBeNull();
  });

  it('G2 who is not concerned hears nothing and keeps its epoch', () => {
    const driven = pair();
    driven.topics.set('b', 1);
    const before = driven.member('one')!;
    const step = driven.join('three', ['b']);
    expect(step.wake).toEqual([]);
    expect(driven.told(step)).toEqual({ b: [0] });
    expect(driven.member('one')).toBe(before);
    expect(driven.told(driven.say('one'))).toBeNull();
  });

  it('G1 a quiet heartbeat stores nothing and renews the session; a look renews nothing', () => {
    const driven = pair();
    driven.nowMs = 1_000;
    const step = driven.say('one', { stalledMs: 7 });
    expect(step).toMatchObject({ records: [], wake: [], evicted: [] });
    expect(driven.member('one')).toMatchObject({ lastHeartbeatMs: 1_000, stalledMs: 7 });
    driven.nowMs = 2_000;
    driven.look('one');
    expect(driven.member('one')!.lastHeartbeatMs).toBe(1_000);
  });

  it('G2 a member that joins again owns nothing but what it is told', () => {
    const driven = new DrivenGroup({ a: 4 });
    driven.join('one', ['a']);
    driven.join('two', ['a']);
    driven.look('one');
    const again = driven.join('one', ['a']);
    expect(driven.told(again)).toEqual({ a: [0, 1] });
    expect(again.wake).toEqual(['two']);
    expect(driven.held('one', 'revoking')).toEqual({});
    expect(driven.look('two')).toEqual({ a: [2, 3] });
  });

  it('G2 a claim on partitions of others changes nothing', () => {
    const driven = pair();
    expect(driven.told(driven.say('one', { owned: { a: [0, 1, 2, 3] } }))).toEqual({ a: [0, 1] });
    expect(driven.held('two')).toEqual({ a: [2, 3] });
  });
});

describe('lost answers', () => {
  it('G2 the epoch before is taken from who says what it owns, and told the same again', () => {
    const driven = new DrivenGroup({ a: 4 });
    driven.join('one', ['a']);
    driven.join('two', ['a']);
    driven.look('one');
    driven.say('one', { owned: { a: [0, 1] } });
    const { memberEpoch } = driven.member('one')!;
    expect(memberEpoch).toBe(2);
    for (let times = 0; times < 2; times += 1) {
      const step = driven.say('one', { memberEpoch: 1, owned: { a: [0, 1] } });
      expect(replyOf(step).memberEpoch).toBe(2);
      expect(driven.told(step)).toEqual({ a: [0, 1] });
    }
    expect(codeOf(driven.say('one', { memberEpoch: 1 }))).toBe('FENCED_MEMBER_EPOCH');
    expect(codeOf(driven.say('one', { memberEpoch: 1, owned: { a: [0, 1, 2] } }))).toBe('FENCED_MEMBER_EPOCH');
    expect(codeOf(driven.say('one', { memberEpoch: 3, owned: { a: [0] } }))).toBe('FENCED_MEMBER_EPOCH');
  });

  it('G2 a held answer that was lost is told again to who says what it owns', () => {
    const driven = new DrivenGroup({ a: 4 });
    driven.join('one', ['a']);
    driven.join('two', ['a']);
    driven.look('one'); // lost
    const step = driven.say('one', { owned: { a: [0, 1, 2, 3] } });
    expect(driven.told(step)).toEqual({ a: [0, 1] });
    expect(driven.held('one', 'revoking')).toEqual({ a: [2, 3] });
  });
});

describe('leaving and being put out', () => {
  it('G1 a member that leaves frees all it has', () => {
    const driven = pair();
    const step = driven.say('one', { memberEpoch: -1 });
    expect(replyOf(step)).toMatchObject({ memberEpoch: -1, assignment: null });
    expect(step.wake).toEqual(['two']);
    expect(step.records).toContainEqual({ kind: 'member-gone', groupId: 'orders', memberId: 'one' });
    expect(driven.look('two')).toEqual({ a: [0, 1, 2, 3] });
    driven.say('two', { memberEpoch: -1 });
    expect(groupState(driven.group)).toBe('empty');
    expect(driven.group.emptySinceMs).toBe(0);
    expect(nextDeadlineMs(driven.group)).toBeNull();
  });

  it('G1 a session ends exactly at its deadline', () => {
    const driven = pair();
    driven.nowMs = 10_000;
    driven.say('two', { sessionTimeoutMs: 60_000 });
    expect(nextDeadlineMs(driven.group)).toBe(45_000);
    driven.nowMs = 44_999;
    expect(driven.step({ kind: 'tick' })).toMatchObject({ evicted: [], records: [], wake: [] });
    driven.nowMs = 45_000;
    const step = driven.step({ kind: 'tick' });
    expect(step.evicted).toEqual([{ memberId: 'one', reason: 'session' }]);
    expect(step.wake).toEqual(['one', 'two']);
    expect(nextDeadlineMs(driven.group)).toBe(70_000);
    expect(codeOf(driven.say('one', { memberEpoch: 2 }))).toBe('UNKNOWN_MEMBER');
    expect(codeOf(driven.step({ kind: 'look', memberId: 'one' }))).toBe('UNKNOWN_MEMBER');
  });

  it('G2 a member that never lets go is put out at its rebalance timeout, however alive it is', () => {
    const driven = new DrivenGroup({ a: 4 });
    driven.join('one', ['a'], { rebalanceTimeoutMs: 20_000 });
    driven.join('two', ['a']);
    driven.nowMs = 5_000;
    driven.look('one');
    driven.nowMs = 24_999;
    driven.say('one', { owned: { a: [0, 1, 2, 3] } });
    driven.say('two');
    expect(nextDeadlineMs(driven.group)).toBe(25_000);
    expect(driven.step({ kind: 'tick' }).evicted).toEqual([]);
    driven.nowMs = 25_000;
    expect(driven.step({ kind: 'tick' }).evicted).toEqual([{ memberId: 'one', reason: 'rebalance' }]);
    expect(driven.look('two')).toEqual({ a: [0, 1, 2, 3] });
  });
});

describe('static members', () => {
  it('G1 one that left for a while finds its partitions when it comes back under another id', () => {
    const driven = new DrivenGroup({ a: 4 });
    driven.join('s-1', ['a'], { instanceId: 'static' });
    driven.join('two', ['a']);
    driven.look('s-1');
    driven.say('s-1', { owned: { a: [0, 1] } });
    driven.look('two');
    const left = driven.say('s-1', { memberEpoch: -2 });
    expect(replyOf(left).memberEpoch).toBe(-2);
    expect(left.wake).toEqual([]);
    expect(memberState(driven.group, driven.member('s-1')!)).toBe('away');
    expect(groupState(driven.group)).toBe('stable');
    expect(codeOf(driven.say('s-1', { memberEpoch: 2 }))).toBe('FENCED_MEMBER_EPOCH');

    const { groupEpoch } = driven.group;
    const back = driven.join('s-2', ['a'], { instanceId: 'static' });
    expect(driven.told(back)).toEqual({ a: [0, 1] });
    expect(back.evicted).toEqual([{ memberId: 's-1', reason: 'replaced' }]);
    expect(driven.group.groupEpoch).toBe(groupEpoch);
    expect([...driven.group.members.keys()]).toEqual(['s-2', 'two']);
  });

  it('G1 one that stays away for longer than its session is put out', () => {
    const driven = new DrivenGroup({ a: 4 });
    driven.join('s-1', ['a'], { instanceId: 'static' });
    driven.nowMs = 1_000;
    driven.say('s-1', { memberEpoch: -2 });
    driven.nowMs = 46_000;
    expect(driven.step({ kind: 'tick' }).evicted).toEqual([{ memberId: 's-1', reason: 'session' }]);
  });

  it('G1 two live processes cannot have one name', () => {
    const driven = new DrivenGroup({ a: 4 });
    driven.join('s-1', ['a'], { instanceId: 'static' });
    driven.nowMs = 44_999;
    expect(codeOf(driven.join('s-2', ['a'], { instanceId: 'static' }))).toBe('UNRELEASED_INSTANCE');
    driven.nowMs = 45_000;
    expect(driven.told(driven.join('s-2', ['a'], { instanceId: 'static' }))).toEqual({ a: [0, 1, 2, 3] });
    expect([...driven.group.members.keys()]).toEqual(['s-2']);
  });
});

describe('topics', () => {
  it('G2 a topic is assigned when it appears, grows, and comes back under a new id', () => {
    const driven = new DrivenGroup();
    expect(driven.told(driven.join('one', ['a']))).toEqual({});
    const first = driven.topics.set('a', 1);
    expect(driven.step({ kind: 'topics-changed' }).wake).toEqual(['one']);
    expect(driven.look('one')).toEqual({ a: [0] });
    driven.topics.set('a', 3);
    driven.step({ kind: 'topics-changed' });
    expect(driven.look('one')).toEqual({ a: [0, 1, 2] });
    driven.topics.delete('a');
    driven.topics.set('a', 2);
    driven.step({ kind: 'topics-changed' });
    expect(driven.look('one')).toEqual({});
    expect(driven.told(driven.say('one', { owned: {} }))).toEqual({ a: [0, 1] });
    expect(driven.member('one')!.assigned.has(first)).toBe(false);
  });

  it('G2 topics that nobody wants change nothing', () => {
    const driven = pair();
    driven.topics.set('b', 3);
    const { group } = driven;
    expect(driven.step({ kind: 'topics-changed' })).toMatchObject({ records: [], wake: [] });
    expect(driven.group).toBe(group);
  });

  it('G2 a member that wants other topics gets another assignment', () => {
    const driven = pair();
    driven.topics.set('b', 2);
    const step = driven.say('one', { topics: ['b'] });
    expect(driven.told(step)).toEqual({});
    expect(driven.told(driven.say('one', { owned: {} }))).toEqual({ b: [0, 1] });
    expect(driven.look('two')).toEqual({ a: [0, 1, 2, 3] });
  });
});

describe('refusals', () => {
  const cases: readonly (readonly [what: string, code: string, act: (driven: DrivenGroup) => GroupStep])[] = [
    ['joining without topics', 'INVALID_REQUEST', (driven) => driven.say('new', { memberEpoch: 0, owned: {} })],
    ['joining without owned', 'INVALID_REQUEST', (driven) => driven.say('new', { memberEpoch: 0, topics: ['a'] })],
    ['an empty member id', 'INVALID_REQUEST', (driven) => driven.join('', ['a'])],
    ['a member id too long', 'INVALID_REQUEST', (driven) => driven.join('x'.repeat(129), ['a'])],
    ['a control character', 'INVALID_REQUEST', (driven) => driven.join('a\nb', ['a'])],
    ['an empty instance id', 'INVALID_REQUEST', (driven) => driven.join('new', ['a'], { instanceId: '' })],
    ['another instance id', 'INVALID_REQUEST', (driven) => driven.join('one', ['a'], { instanceId: 'static' })],
    ['a short session', 'INVALID_REQUEST', (driven) => driven.join('new', ['a'], { sessionTimeoutMs: 999 })],
    ['a long session', 'INVALID_REQUEST', (driven) => driven.say('one', { sessionTimeoutMs: 1_800_001 })],
    ['a short rebalance', 'INVALID_REQUEST', (driven) => driven.join('new', ['a'], { rebalanceTimeoutMs: 99 })],
    ['a negative stall', 'INVALID_REQUEST', (driven) => driven.say('one', { stalledMs: -1 })],
    ['a topic name that cannot be', 'INVALID_REQUEST', (driven) => driven.join('new', ['a/b'])],
    [
      'too many topics',
      'INVALID_REQUEST',
      (driven) =>
        driven.join(
          'new',
          Array.from({ length: 1_001 }, (_, index) => `t${index}`),
        ),
    ],
    ['an epoch below -2', 'INVALID_REQUEST', (driven) => driven.say('one', { memberEpoch: -3 })],
    ['a dynamic member leaving for a while', 'INVALID_REQUEST', (driven) => driven.say('one', { memberEpoch: -2 })],
    ['an unknown assignor', 'UNSUPPORTED_ASSIGNOR', (driven) => driven.join('new', ['a'], { assignor: 'sticky' })],
    ['a heartbeat of nobody', 'UNKNOWN_MEMBER', (driven) => driven.say('new', { memberEpoch: 1 })],
    ['nobody leaving', 'UNKNOWN_MEMBER', (driven) => driven.say('new', { memberEpoch: -1 })],
    ['nobody leaving for a while', 'UNKNOWN_MEMBER', (driven) => driven.say('new', { memberEpoch: -2 })],
    ['nobody looking', 'UNKNOWN_MEMBER', (driven) => driven.step({ kind: 'look', memberId: 'new' })],
    ['an epoch of the future', 'FENCED_MEMBER_EPOCH', (driven) => driven.say('one', { memberEpoch: 9 })],
  ];

  it.each(cases)('G1 %s is %s and changes nothing', (_what, code, act) => {
    const driven = pair();
    const { group } = driven;
    const step = act(driven);
    expect(codeOf(step)).toBe(code);
    expect(step).toMatchObject({ records: [], wake: [], evicted: [] });
    expect(driven.group).toBe(group);
  });

  it('G1 a group takes only so many members', () => {
    const driven = new DrivenGroup();
    for (let index = 0; index < coordinatorLimits.membersPerGroupMax; index += 1) driven.join(`m${index}`, []);
    expect(codeOf(driven.join('one too many', []))).toBe('GROUP_LIMIT');
    expect(codeOf(driven.join('m7', []))).toBe('reply');
  });

  it('G1 a group with spent epochs takes nobody new, works on, and begins anew when it was empty', () => {
    const driven = pair();
    driven.group = { ...driven.group, groupEpoch: coordinatorLimits.groupEpochMax } satisfies Group;
    expect(codeOf(driven.join('three', ['a']))).toBe('GROUP_LIMIT');
    driven.say('one', { memberEpoch: -1 });
    expect(driven.group.groupEpoch).toBe(coordinatorLimits.groupEpochMax);
    expect(driven.look('two')).toEqual({ a: [0, 1, 2, 3] });
    driven.say('two', { memberEpoch: -1 });
    expect(driven.group.groupEpoch).toBe(0);
    expect(replyOf(driven.join('three', ['a'])).memberEpoch).toBe(1);
  });
});

describe('what is said of a group', () => {
  it('G3 the assignor is what most prefer', () => {
    const driven = new DrivenGroup({ a: 4 });
    driven.join('one', ['a'], { assignor: 'range' });
    expect(groupAssignor(driven.group)).toBe('range');
    driven.join('two', ['a']);
    expect(groupAssignor(driven.group)).toBe('uniform');
  });

  it('G3 a member is stalled when its application is, or when its heartbeat is two intervals late', () => {
    const driven = pair();
    const isStalled = (nowMs: number): boolean =>
      memberIsStalled(driven.member('one')!, { nowMs, heartbeatIntervalMs: 5_000 });
    expect(isStalled(15_000)).toBe(false);
    expect(isStalled(15_001)).toBe(true);
    driven.say('one', { stalledMs: 1 });
    expect(isStalled(0)).toBe(true);
  });

  it("G1 the default session timeout is the broker's to choose, and texts of clients are cut", () => {
    const driven = new DrivenGroup();
    Object.defineProperty(driven, 'context', {
      value: { nowMs: 0, wallMs: 0, topics: driven.topics, sessionTimeoutMs: 10_000 },
    });
    expect(replyOf(driven.join('one', [], { clientId: 'ü'.repeat(300) })).sessionTimeoutMs).toBe(10_000);
    expect(driven.member('one')!.clientId).toHaveLength(256);
  });
});
