import { describe, expect, it } from 'vitest';
import { coordinatorLimits } from '../../src/index.ts';
import type { ClassicProtocol } from '../../src/index.ts';
import { DrivenClassic, says } from './driven-classic.ts';

describe('a classic group', () => {
  it('B1 begins a generation with everybody who comes within the initial delay, which new members put off', () => {
    const driven = new DrivenClassic({ initialDelayMs: 3_000 });
    driven.join({ newMemberId: 'a', protocols: [says('range', 'of a')] });
    expect(driven.state).toBe('PreparingRebalance 0');
    driven.pass(2_000);
    driven.join({ newMemberId: 'b', protocols: [says('range', 'of b')] });
    driven.pass(3_999);
    expect(driven.answers).toEqual([]);
    driven.pass(1);
    expect(driven.state).toBe('CompletingRebalance 1');
    expect(driven.told('a')).toBe('1 range of a: a=of a b=of b');
    expect(driven.told('b')).toBe('1 range of a: ');
  });

  it('B1 puts the first generation off no longer than the rebalance timeout', () => {
    const driven = new DrivenClassic({ initialDelayMs: 3_000 });
    const comeEachSecond = (seconds: number): void => {
      for (let second = 0; second < seconds; second += 1) {
        driven.join({ rebalanceTimeoutMs: 8_000 });
        driven.pass(1_000);
      }
    };
    comeEachSecond(7);
    expect(driven.state).toBe('PreparingRebalance 0');
    comeEachSecond(1);
    expect(driven.state).toBe('CompletingRebalance 1');
  });

  it('B1 hands the assignments of the leader to everybody, without bytes to whom it left out', () => {
    const driven = new DrivenClassic();
    driven.join({ newMemberId: 'a' });
    driven.join({ newMemberId: 'b' });
    driven.join({ memberId: 'a' });
    expect(driven.state).toBe('CompletingRebalance 2');
    expect(driven.sync('b')).toBe(null);
    expect(driven.sync('a', { assignments: { a: 'all' } })).toBe('assigned all');
    expect(driven.told('b')).toBe('assigned ');
    expect(driven.state).toBe('Stable 2');
    expect(driven.sync('b')).toBe('assigned ');
  });

  it('B1 gives a new member an id to come back with, and waits for whoever has one', () => {
    const driven = DrivenClassic.stablePair();
    expect(driven.join({ newMemberId: 'c', needsId: true })).toBe('MEMBER_ID_REQUIRED');
    expect(driven.state).toBe('Stable 2');
    expect(driven.join({ newMemberId: 'd', needsId: true })).toBe('MEMBER_ID_REQUIRED');
    expect(driven.join({ memberId: 'c' })).toBe('c');
    driven.join({ memberId: 'a' });
    driven.join({ memberId: 'b' });
    expect(driven.state, 'd is on its way').toBe('PreparingRebalance 2');
    driven.pass(10_000);
    expect(driven.state, 'd has not come in time').toBe('CompletingRebalance 3');
    expect(driven.join({ memberId: 'd' })).toBe('UNKNOWN_MEMBER_ID');
  });

  it('B1 leaves nothing behind when the only one with an id never comes back', () => {
    const driven = new DrivenClassic();
    driven.join({ newMemberId: 'c', needsId: true });
    expect(driven.state).toBe('Empty 0');
    driven.pass(10_000);
    expect(driven.group).toBe(null);
    expect(driven.records).toEqual([]);
  });

  it('B1 refuses an id that it has not given', () => {
    expect(new DrivenClassic().join({ memberId: 'x' })).toBe('UNKNOWN_MEMBER_ID');
    expect(DrivenClassic.stablePair().join({ memberId: 'x' })).toBe('UNKNOWN_MEMBER_ID');
  });

  it('B1 takes what most members prefer of that which all of them know', () => {
    const driven = new DrivenClassic({ initialDelayMs: 1 });
    driven.join({ newMemberId: 'a', protocols: [says('x', ''), says('range', ''), says('sticky', '')] });
    driven.join({ newMemberId: 'b', protocols: [says('sticky', ''), says('range', '')] });
    driven.join({ newMemberId: 'c', protocols: [says('sticky', ''), says('range', ''), says('y', '')] });
    expect(driven.join({ protocols: [says('x', '')] })).toBe('INCONSISTENT_GROUP_PROTOCOL');
    expect(driven.join({ protocolType: 'connect' })).toBe('INCONSISTENT_GROUP_PROTOCOL');
    expect(driven.join({ protocols: [] })).toBe('INCONSISTENT_GROUP_PROTOCOL');
    driven.pass(10);
    expect(driven.told('b')).toMatch(/^1 sticky of a/);
  });

  it.each([
    ['a follower that says the same is told its generation again', { memberId: 'b' }, 'Stable 2'],
    ['a follower that says something new', { memberId: 'b', protocols: [says('range', 'b')] }, 'PreparingRebalance 2'],
    ['the leader, whatever it says', { memberId: 'a' }, 'PreparingRebalance 2'],
    ['a new member', {}, 'PreparingRebalance 2'],
  ])('B1 rebalances a stable group or not: %s', (_, join, state) => {
    const driven = DrivenClassic.stablePair();
    driven.join(join);
    expect(driven.state).toBe(state);
    if (state.startsWith('Stable')) expect(driven.told('b')).toBe('2 range of a: ');
  });

  it('B1 tells members to join again by their heartbeats, and by their requests to sync', () => {
    const driven = DrivenClassic.stablePair();
    expect(driven.heartbeat('b')).toBe('done');
    expect(driven.heartbeat('b', 1)).toBe('ILLEGAL_GENERATION');
    expect(driven.heartbeat('x')).toBe('UNKNOWN_MEMBER_ID');
    driven.join({ newMemberId: 'c' });
    expect(driven.heartbeat('b')).toBe('REBALANCE_IN_PROGRESS');
    expect(driven.sync('b')).toBe('REBALANCE_IN_PROGRESS');
    driven.join({ memberId: 'a' });
    driven.join({ memberId: 'b' });
    expect(driven.state).toBe('CompletingRebalance 3');
    expect(driven.heartbeat('b')).toBe('done');
    expect(driven.sync('b', { generation: 2 })).toBe('ILLEGAL_GENERATION');
    expect(driven.sync('b')).toBe(null);
    driven.join({ newMemberId: 'd' });
    expect(driven.told('b')).toBe('REBALANCE_IN_PROGRESS');
  });

  it('B1 goes on without who has not joined again within the rebalance timeout', () => {
    const driven = DrivenClassic.stablePair();
    driven.join({ memberId: 'a', rebalanceTimeoutMs: 20_000 });
    driven.join({ newMemberId: 'c', rebalanceTimeoutMs: 20_000 });
    for (let second = 0; second < 59; second += 1) {
      driven.pass(1_000);
      driven.heartbeat('b');
    }
    expect(driven.state).toBe('PreparingRebalance 2');
    driven.pass(1_000);
    expect(driven.state).toBe('CompletingRebalance 3');
    expect([...driven.group!.members.keys()]).toEqual(['a', 'c']);
    expect(driven.heartbeat('b')).toBe('UNKNOWN_MEMBER_ID');
  });

  it('B1 goes on without who was silent for its session, and chooses another leader', () => {
    const driven = DrivenClassic.stablePair();
    driven.pass(9_000);
    driven.heartbeat('b');
    driven.pass(1_000);
    expect(driven.state).toBe('PreparingRebalance 2');
    driven.join({ memberId: 'b' });
    expect(driven.told('b')).toBe('3 range of b: b=a');
  });

  it('B1 starts again when the leader does not assign, or a member does not ask, in time', () => {
    const driven = new DrivenClassic();
    driven.join({ newMemberId: 'a', rebalanceTimeoutMs: 5_000 });
    driven.join({ newMemberId: 'b', rebalanceTimeoutMs: 5_000 });
    driven.join({ memberId: 'a', rebalanceTimeoutMs: 5_000 });
    driven.sync('b');
    driven.pass(5_000);
    expect(driven.told('b')).toBe('REBALANCE_IN_PROGRESS');
    expect([...driven.group!.members.keys()]).toEqual(['b']);
    driven.join({ memberId: 'b' });
    expect(driven.told('b')).toMatch(/^3 range of b/);
  });

  it('B1 stores two records for a rebalance in which nobody says or gets anything new', () => {
    const driven = DrivenClassic.stablePair();
    const before = driven.records.length;
    driven.join({ memberId: 'a' });
    driven.join({ memberId: 'b' });
    driven.sync('b');
    driven.sync('a', { assignments: { a: '0', b: '1' } });
    expect(driven.state).toBe('Stable 3');
    expect(driven.records.slice(before).map(({ kind }) => kind)).toEqual(['group', 'group']);
    driven.heartbeat('a');
    expect(driven.records).toHaveLength(before + 2);
  });

  it('B1 is empty when all have left, and begins anew with its next member', () => {
    const driven = DrivenClassic.stablePair();
    expect(driven.leave('a', 'x', 'b')).toEqual([null, 'UNKNOWN_MEMBER_ID', null]);
    expect(driven.state).toBe('Empty 3');
    expect(driven.group!.emptySinceMs).toBe(driven.nowMs);
    expect(driven.heartbeat('a', 3)).toBe('UNKNOWN_MEMBER_ID');
    driven.join({ newMemberId: 'c', protocolType: 'connect', protocols: [says('eager', '')] });
    expect(driven.told('c')).toMatch(/^4 eager of c/);
  });

  it('B1 has seats for so many members', () => {
    const driven = new DrivenClassic({ initialDelayMs: 1 });
    const { membersPerGroupMax } = coordinatorLimits;
    for (let count = 0; count < membersPerGroupMax; count += 1)
      driven.join({ needsId: true, newMemberId: `m${count}` });
    expect(driven.join({ needsId: true })).toBe('GROUP_MAX_SIZE_REACHED');
    expect(driven.join({ memberId: 'm7' })).toBe('m7');
  });

  it('B1 has room for so much that members say of themselves', () => {
    const driven = new DrivenClassic({ initialDelayMs: 1 });
    const half = { name: 'range', metadata: Buffer.alloc(coordinatorLimits.classicGroupBytesMax / 2 - 1_100) };
    expect(driven.join({ newMemberId: 'a', protocols: [half] })).toBe('a');
    expect(driven.join({ newMemberId: 'b', protocols: [half] })).toBe('b');
    expect(driven.join({ newMemberId: 'c', protocols: [half] })).toBe('GROUP_MAX_SIZE_REACHED');
    driven.leave('b');
    expect(driven.join({ newMemberId: 'd', protocols: [half] })).toBe('d');
  });

  it('B1 lets members say again as much as they said, whatever they were given', () => {
    const driven = new DrivenClassic({ initialDelayMs: 1 });
    const most = coordinatorLimits.classicGroupBytesMax - 8;
    const of = (bytes: number): { protocols: ClassicProtocol[] } => {
      return { protocols: [{ name: 'range', metadata: Buffer.alloc(bytes) }] };
    };
    driven.join({ newMemberId: 'a', ...of(most) });
    driven.pass(1);
    expect(driven.sync('a', { assignments: { a: 'x'.repeat(most) } })).toMatch(/^assigned/);
    expect(driven.join({ memberId: 'a', ...of(most) })).toBe('a');
    expect(driven.state).toBe('CompletingRebalance 2');
    expect(driven.join({ memberId: 'a', ...of(most + 9) })).toBe('GROUP_MAX_SIZE_REACHED');
  });

  it('B1 puts members out, however many are named and in whichever way', () => {
    const driven = new DrivenClassic({ initialDelayMs: 1 });
    driven.join({ newMemberId: 'a', instanceId: 'I' });
    driven.join({ newMemberId: 'b', instanceId: 'J' });
    driven.join({ newMemberId: 'c' });
    driven.join({ newMemberId: 'd', needsId: true });
    const leave = (memberId: string, instanceId: string | null = null) => ({ memberId, instanceId });
    const members = [leave('', 'I'), leave('a', 'I'), leave('b', 'X'), leave('x', 'J'), leave('c'), leave('c')];
    const { result } = driven.step({ kind: 'leave', members: [...members, leave('d'), leave('d'), leave('', 'X')] });
    const unknown = 'UNKNOWN_MEMBER_ID';
    const faults = [null, unknown, unknown, 'FENCED_INSTANCE_ID', null, unknown, null, unknown, unknown];
    expect(result).toEqual({ kind: 'left', faults });
    expect([...driven.group!.members.keys()]).toEqual(['b']);
    expect([driven.told('a'), driven.told('c')]).toEqual([unknown, unknown]);
  });

  it('B1 takes nobody for static who comes back with an id: a static name belongs to one member', () => {
    const driven = new DrivenClassic();
    driven.join({ newMemberId: 'a', instanceId: 'I' });
    expect(driven.join({ newMemberId: 'b', needsId: true })).toBe('MEMBER_ID_REQUIRED');
    expect(driven.join({ memberId: 'b', instanceId: 'I' })).toBe('UNKNOWN_MEMBER_ID');
    expect(driven.join({ memberId: 'b', instanceId: 'J' })).toBe('UNKNOWN_MEMBER_ID');
    expect([...driven.group!.members.keys()]).toEqual(['a']);
  });

  it.each([5_999, 1_800_001])('B1 refuses a session of %d ms', (sessionTimeoutMs) => {
    expect(new DrivenClassic().join({ sessionTimeoutMs })).toBe('INVALID_SESSION_TIMEOUT');
  });

  it('B1 takes the session timeout for both where a client has no rebalance timeout', () => {
    const driven = new DrivenClassic();
    driven.join({ newMemberId: 'a', rebalanceTimeoutMs: -1 });
    expect(driven.group!.members.get('a')!.rebalanceTimeoutMs).toBe(10_000);
  });

  it('B1 forgets a new member whose connection broke before it knew its id, and keeps the others', () => {
    const driven = DrivenClassic.stablePair();
    driven.join({ newMemberId: 'c' });
    driven.join({ memberId: 'b' });
    driven.step({ kind: 'abandon', memberId: 'c' });
    driven.step({ kind: 'abandon', memberId: 'b' });
    expect([...driven.group!.members.keys()]).toEqual(['a', 'b']);
    driven.join({ memberId: 'a' });
    expect(driven.state, 'b has to come again').toBe('PreparingRebalance 2');
    driven.join({ memberId: 'b' });
    expect(driven.state).toBe('CompletingRebalance 3');
  });
});

describe('commits to a classic group', () => {
  const commit = (
    driven: DrivenClassic,
    memberId: string,
    generation: number,
    instanceId: string | null = null,
  ): string => {
    const { result } = driven.step({ kind: 'commit', memberId, instanceId, generation });
    return result.kind === 'refused' ? result.fault : result.kind;
  };

  it('B1 are taken from members of the generation, and while members gather', () => {
    const driven = DrivenClassic.stablePair();
    expect(commit(driven, 'b', 2)).toBe('done');
    expect(commit(driven, 'b', 1)).toBe('ILLEGAL_GENERATION');
    expect(commit(driven, 'x', 2)).toBe('UNKNOWN_MEMBER_ID');
    expect(commit(driven, '', -1)).toBe('UNKNOWN_MEMBER_ID');
    driven.join({ newMemberId: 'c' });
    expect(commit(driven, 'b', 2)).toBe('done');
    driven.join({ memberId: 'a' });
    driven.join({ memberId: 'b' });
    expect(commit(driven, 'b', 3)).toBe('REBALANCE_IN_PROGRESS');
    driven.leave('a', 'b', 'c');
    expect(commit(driven, '', -1)).toBe('done');
    expect(commit(driven, 'b', 3)).toBe('UNKNOWN_MEMBER_ID');
  });

  it('B1 are a sign of life', () => {
    const driven = DrivenClassic.stablePair();
    for (let second = 0; second < 30; second += 1) {
      driven.pass(1_000);
      commit(driven, 'a', 2);
      commit(driven, 'b', 2);
    }
    expect(driven.state).toBe('Stable 2');
  });
});

describe('static members of a classic group', () => {
  function staticPair(): DrivenClassic {
    const driven = new DrivenClassic({ initialDelayMs: 1 });
    driven.join({ newMemberId: 'a', instanceId: 'A', needsId: true });
    driven.join({ newMemberId: 'b', instanceId: 'B', needsId: true });
    driven.pass(5);
    driven.sync('b');
    driven.step({
      kind: 'sync',
      memberId: 'a',
      instanceId: 'A',
      generation: 1,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: new Map([['b', Buffer.from('1')]]),
    });
    return driven;
  }

  it('B1 take their old place without a rebalance, and fence the process before them', () => {
    const driven = staticPair();
    expect(driven.state).toBe('Stable 1');
    expect(driven.join({ newMemberId: 'b2', instanceId: 'B', needsId: true })).toBe('b2');
    expect(driven.told('b2')).toBe('1 range of a: ');
    expect(driven.state).toBe('Stable 1');
    expect(driven.sync('b2')).toBe('assigned 1');
    const heartbeat = { kind: 'heartbeat', memberId: 'b', instanceId: 'B', generation: 1 } as const;
    expect(driven.step(heartbeat).result).toEqual({ kind: 'refused', fault: 'FENCED_INSTANCE_ID' });
    expect(driven.step({ ...heartbeat, instanceId: 'X' }).result).toMatchObject({ fault: 'UNKNOWN_MEMBER_ID' });
    expect(driven.step({ ...heartbeat, memberId: 'b2' }).result.kind).toBe('done');
    expect(driven.join({ memberId: 'b', instanceId: 'B' })).toBe('FENCED_INSTANCE_ID');
  });

  it('B1 that lead are told that they need not assign, or that another leads', () => {
    const driven = staticPair();
    driven.join({ newMemberId: 'a2', instanceId: 'A', knowsSkipping: true });
    expect(driven.told('a2')).toBe('1 range of a2, skip: a2=a b=a');
    driven.join({ newMemberId: 'a3', instanceId: 'A', knowsSkipping: false });
    expect(driven.told('a3')).toBe('1 range of a2: ');
    expect(driven.group!.leaderId).toBe('a3');
  });

  it('B1 rebalance where the group would agree on another protocol, or has not been assigned', () => {
    const driven = staticPair();
    driven.join({ newMemberId: 'b2', instanceId: 'B', protocols: [says('range', ''), says('sticky', '')] });
    expect(driven.state).toBe('Stable 1');
    driven.join({ newMemberId: 'a2', instanceId: 'A', protocols: [says('sticky', ''), says('range', '')] });
    expect(driven.state, 'a tie').toBe('PreparingRebalance 1');
    driven.join({ memberId: 'b2', instanceId: 'B', protocols: [says('range', ''), says('sticky', '')] });
    expect(driven.state).toBe('CompletingRebalance 2');
    driven.join({ newMemberId: 'b3', instanceId: 'B', protocols: [says('range', ''), says('sticky', '')] });
    expect(driven.state).toBe('PreparingRebalance 2');
  });

  it('B1 keep their place through a rebalance until their session ends', () => {
    const driven = staticPair();
    driven.join({ memberId: 'a', instanceId: 'A', rebalanceTimeoutMs: 1_000 });
    driven.join({ memberId: 'a', instanceId: 'A', rebalanceTimeoutMs: 1_000 });
    driven.join({ memberId: 'b', instanceId: 'B', rebalanceTimeoutMs: 1_000 });
    expect(driven.state).toBe('CompletingRebalance 2');
    driven.sync('b');
    driven.sync('a', { assignments: {} });
    driven.join({ memberId: 'a', instanceId: 'A', rebalanceTimeoutMs: 1_000 });
    driven.pass(1_000);
    expect(driven.told('a')).toMatch(/^3 range of a: a=a b=a$/);
  });

  it('B1 can be put out by their names alone', () => {
    const driven = staticPair();
    const leave = (memberId: string, instanceId: string): unknown =>
      driven.step({ kind: 'leave', members: [{ memberId, instanceId }] }).result;
    expect(leave('', 'X')).toEqual({ kind: 'left', faults: ['UNKNOWN_MEMBER_ID'] });
    expect(leave('a', 'B')).toEqual({ kind: 'left', faults: ['FENCED_INSTANCE_ID'] });
    expect(driven.state).toBe('Stable 1');
    expect(leave('', 'B')).toEqual({ kind: 'left', faults: [null] });
    expect(driven.state).toBe('PreparingRebalance 1');
  });
});
