import { createGroup, stepGroup } from '@q/coordinator';
import type { Group, GroupCommand, HeartbeatCommand, StepContext } from '@q/coordinator';
import { describe, expect, it } from 'vitest';
import { groupNews, tellWhenDurable } from '../../../src/services/groups/group-news.ts';
import { SaidLines } from '../../fakes/said-lines.ts';

function setUp() {
  const said = new SaidLines();
  let nowMs = 0;
  let group: Group | null = null;
  const topics = { find: (name: string) => (name === 'orders' ? { topicId: 't', partitions: 4 } : null) };
  const context = (): StepContext =>
    ({ nowMs, wallMs: nowMs, sessionTimeoutMs: 10_000, topics }) as unknown as StepContext;
  const step = async (command: GroupCommand, settled: Promise<void> = Promise.resolve()): Promise<SaidLines> => {
    const before = group;
    const result = stepGroup(before ?? createGroup('g', context()), command, context());
    const words = groupNews(before, command, result);
    if (before !== null || result.records.length > 0) group = result.group;
    said.lines.length = 0;
    await tellWhenDurable(words, { settled, logger: said.logger });
    return said;
  };
  const later = (ms: number): void => void (nowMs += ms);
  return { step, later };
}

function beat(memberId: string, change: Partial<HeartbeatCommand> = {}): HeartbeatCommand {
  return {
    kind: 'heartbeat',
    memberId,
    memberEpoch: 0,
    instanceId: null,
    clientId: 'billing-app',
    host: '10.0.0.7',
    sessionTimeoutMs: -1,
    rebalanceTimeoutMs: -1,
    assignor: null,
    topics: [],
    owned: new Map(),
    stalledMs: 0,
    ...change,
  };
}

describe('groupNews', () => {
  it('O5 tells of a group that begins, of members that join and leave, and of the last one', async () => {
    const { step } = setUp();
    expect((await step(beat('a'))).lines).toEqual([
      { level: 'info', event: 'group.created', groupId: 'g', protocol: 'broker' },
      {
        level: 'info',
        event: 'group.member_joined',
        groupId: 'g',
        memberId: 'a',
        clientId: 'billing-app',
        address: '10.0.0.7',
        instanceId: null,
        members: 1,
      },
    ]);
    expect((await step(beat('b'))).events).toEqual(['group.member_joined', 'group.rebalanced']);
    expect((await step(beat('a', { memberEpoch: -1 }))).events).toEqual(['group.member_left', 'group.rebalanced']);
    expect((await step(beat('b', { memberEpoch: -1 }))).lines).toEqual([
      { level: 'info', event: 'group.member_left', groupId: 'g', memberId: 'b', reason: 'left', members: 0 },
      { level: 'info', event: 'group.emptied', groupId: 'g', protocol: 'broker' },
    ]);
  });

  it('O5 warns of a member that is silent, and says why', async () => {
    const { step, later } = setUp();
    await step(beat('a'));
    later(10_000);
    expect((await step({ kind: 'tick' })).lines).toEqual([
      { level: 'warn', event: 'group.member_evicted', groupId: 'g', memberId: 'a', reason: 'session', members: 0 },
      { level: 'info', event: 'group.emptied', groupId: 'g', protocol: 'broker' },
    ]);
    expect((await step(beat('a', { memberEpoch: 1 }))).lines).toMatchObject([
      { level: 'info', event: 'group.member_fenced', memberId: 'a', code: 'UNKNOWN_MEMBER', clientId: 'billing-app' },
    ]);
  });

  it('O5 warns once of a member whose application stands still, and tells when it goes on', async () => {
    const { step } = setUp();
    await step(beat('a'));
    const said = async (stalledMs: number): Promise<object[]> => [
      ...(await step(beat('a', { memberEpoch: 1, topics: null, stalledMs }))).lines,
    ];
    expect(await said(0)).toEqual([]);
    expect(await said(7_000)).toMatchObject([{ level: 'warn', event: 'group.member_stalled', forMs: 7_000 }]);
    expect(await said(9_000)).toEqual([]);
    expect(await said(0)).toMatchObject([{ level: 'info', event: 'group.member_goes_on' }]);
  });

  it('O5 says nothing of what was taken back', async () => {
    const { step } = setUp();
    expect((await step(beat('a'), Promise.reject(new Error('the disk is full')))).lines).toEqual([]);
  });
});
