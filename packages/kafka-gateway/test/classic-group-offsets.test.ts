/**
 * Offsets of classic groups that have members, and what tools see of such groups.
 */
import { describe, expect, it } from 'vitest';
import { assignmentOf, subscriptionOf } from '../src/messages/consumer-protocol.ts';
import { deleteGroups } from '../src/messages/delete-groups.ts';
import { describeGroups } from '../src/messages/describe-groups.ts';
import { listGroups } from '../src/messages/list-groups.ts';
import { offsetDelete } from '../src/messages/offset-delete.ts';
import { offsetFetch } from '../src/messages/offset-fetch.ts';
import { ClassicMember, stableGroup } from './classic-member.ts';
import type { MemberOptions } from './classic-member.ts';
import { offsetsScene, part } from './offsets-scene.ts';
import type { OffsetsScene } from './offsets-scene.ts';

interface ClassicScene extends OffsetsScene {
  readonly member: (o?: Partial<MemberOptions>) => Promise<ClassicMember>;
  /** A member's commit, and its error code. */
  readonly commitAs: (member: ClassicMember, offset: number, claim?: object) => Promise<number>;
  readonly stateOf: (groupId: string) => Promise<string>;
  readonly forget: (topic: string) => Promise<[number, number[][]]>;
}

async function classicScene(): Promise<ClassicScene> {
  const scene = await offsetsScene({ limits: { groupInitialDelayMs: 0 } });
  const { client, commit, kafkaPort: port } = scene;
  const metadata = subscriptionOf(['t']).toString('latin1');
  return {
    ...scene,
    member: (o = {}) => ClassicMember.connect({ port, metadata, ...o }),
    commitAs: async ({ groupId, memberId, generation, instanceId }, offset, claim = {}) => {
      const own = { memberId, generationIdOrMemberEpoch: generation, groupInstanceId: instanceId };
      return (await commit(groupId, [part(0, offset)], { ...own, ...claim }))[0]!;
    },
    stateOf: async (groupId) => (await client.ask(describeGroups, 5, { groups: [groupId] })).groups[0]!.groupState,
    forget: async (name) => {
      const topics = [{ name, partitions: [{ partitionIndex: 0 }] }];
      const answer = await client.ask(offsetDelete, 0, { groupId: 'g', topics });
      return [answer.errorCode, answer.topics.map(({ partitions }) => partitions.map(({ errorCode }) => errorCode))];
    },
  };
}

describe('commits to a classic group', () => {
  it('B1 are taken from its members in their generation only', async () => {
    const { member, commitAs, committed } = await classicScene();
    const first = await member();
    await stableGroup([first]);
    expect(await commitAs(first, 3)).toBe(0);
    expect(await commitAs(first, 9, { generationIdOrMemberEpoch: 2 })).toBe(22);
    expect(await commitAs(first, 9, { generationIdOrMemberEpoch: 0 })).toBe(22);
    expect(await commitAs(first, 9, { generationIdOrMemberEpoch: -1 })).toBe(22);
    expect(await commitAs(first, 9, { memberId: 'other' })).toBe(25);
    expect(await commitAs(first, 9, { memberId: '', generationIdOrMemberEpoch: -1 })).toBe(25);
    expect(await commitAs(first, 9, { groupInstanceId: 'nobody' })).toBe(25);
    expect(await committed('g')).toEqual(['0: 3']);
    expect(await first.leave()).toBe(0);
    expect(await commitAs(first, 9)).toBe(25);
    expect(await commitAs(first, 4, { memberId: '', generationIdOrMemberEpoch: -1 })).toBe(0);
  });

  it('B1 are refused from an instance whose place another has taken', async () => {
    const { member, commitAs } = await classicScene();
    const [before, after] = [await member({ instanceId: 'box-1' }), await member({ instanceId: 'box-1' })];
    await stableGroup([before]);
    expect(await commitAs(before, 1)).toBe(0);
    await after.join();
    expect(await commitAs(before, 2)).toBe(82);
  });

  it('B1 20 never call a member unknown that has come along, while others join', async () => {
    const { member, commitAs, committed, stateOf } = await classicScene();
    const [first, second] = [await member(), await member()];
    await stableGroup([first]);
    const joining = second.join();
    await expect.poll(() => stateOf('g')).toBe('PreparingRebalance');
    // What it handled before it lets go has to be kept.
    expect(await commitAs(first, 3)).toBe(0);
    const before = first.generation;
    await Promise.all([first.join(), joining]);
    expect(await stateOf('g')).toBe('CompletingRebalance');
    // From here on the partition may be another's.
    expect(await commitAs(first, 4)).toBe(27);
    expect(await commitAs(first, 4, { generationIdOrMemberEpoch: before })).toBe(22);
    expect(await commitAs(second, 4)).toBe(27);
    await Promise.all([first.sync({ [first.memberId]: 'a', [second.memberId]: 'b' }), second.sync()]);
    expect([await commitAs(first, 5), await commitAs(second, 6)]).toEqual([0, 0]);
    expect(await committed('g')).toEqual(['0: 6']);
  });

  it('B1 of outsiders are refused at the native door too', async () => {
    const { member, q } = await classicScene();
    const first = await member();
    await stableGroup([first]);
    await expect(q.admin.resetGroupOffsets('g', { t: { 0: 0 } })).rejects.toMatchObject({ code: 'GROUP_NOT_EMPTY' });
    await expect(q.admin.deleteGroupOffsets('g', 't')).rejects.toMatchObject({ code: 'GROUP_NOT_EMPTY' });
    const consumer = q.consumer('t', { group: 'g' });
    await expect(consumer.ready()).rejects.toMatchObject({ code: 'GROUP_NOT_EMPTY' });
  });
});

describe('what tools see of a classic group', () => {
  it('B1 its members with their host, and the bytes as they sent and got them', async () => {
    const { client, member, topicId } = await classicScene();
    const first = await member({ instanceId: 'box-1' });
    const assignment = assignmentOf([{ topic: 't', partitions: [0, 2] }]);
    await first.join();
    await first.sync({ [first.memberId]: assignment.toString('latin1') });
    for (let version = 0; version <= 6; version += 1) {
      const { groups } = await client.ask(describeGroups, version, { groups: ['g'] });
      expect(groups).toMatchObject([
        {
          errorCode: 0,
          groupState: 'Stable',
          protocolType: 'consumer',
          protocolData: 'range',
          members: [
            {
              memberId: first.memberId,
              groupInstanceId: version < 4 ? null : 'box-1',
              clientId: 'raw',
              clientHost: '/127.0.0.1',
              memberMetadata: subscriptionOf(['t']),
              memberAssignment: assignment,
            },
          ],
        },
      ]);
    }
    expect((await client.ask(listGroups, 5, { statesFilter: ['stable'] })).groups).toEqual([
      { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' },
    ]);
    // Its member may ask for offsets, and so may everybody.
    const who = { memberId: first.memberId, memberEpoch: first.generation };
    const topics = [{ name: 't', topicId, partitionIndexes: [0] }];
    const { groups } = await client.ask(offsetFetch, 10, { groups: [{ groupId: 'g', topics, ...who }] });
    expect(groups).toMatchObject([{ errorCode: 0 }]);
  });

  it('B1 its members and offsets, also at the native door', async () => {
    const { member, commitAs, q } = await classicScene();
    const first = await member({ instanceId: 'box-1' });
    // The leader may assign what is not there.
    const given = [
      { topic: 't', partitions: [2, 0, 9, 0] },
      { topic: 'gone', partitions: [0] },
    ];
    await first.join();
    await first.sync({ [first.memberId]: assignmentOf(given).toString('latin1') });
    await commitAs(first, 0);
    expect(await q.admin.listGroups()).toMatchObject([{ groupId: 'g', state: 'stable', members: 1, offsets: 1 }]);
    const described = await q.admin.describeGroup('g');
    expect(described).toMatchObject({ state: 'stable', assignor: 'range', groupEpoch: 1 });
    expect(described.members).toMatchObject([
      { memberId: first.memberId, instanceId: 'box-1', clientId: 'raw', memberEpoch: 1, state: 'stable' },
    ]);
    expect(described.members[0]).toMatchObject({
      topics: ['t'],
      assigned: [{ name: 't', partitions: [0, 2] }],
      target: [{ name: 't', partitions: [0, 2] }],
    });
    expect(described.partitions).toMatchObject([
      { topic: 't', partition: 0, memberId: first.memberId, committedOffset: 0, lag: 0 },
      { topic: 't', partition: 1, memberId: null },
      { topic: 't', partition: 2, memberId: first.memberId },
    ]);
    const second = await member();
    const joining = second.join();
    await expect.poll(async () => (await q.admin.describeGroup('g')).state).toBe('reconciling');
    await Promise.all([first.join(), joining]);
    expect(await q.admin.listGroups()).toMatchObject([{ state: 'assigning', members: 2 }]);
    expect((await q.admin.describeGroup('g')).members).toMatchObject([
      { topics: ['t'], assigned: [], state: 'unreleased' },
      { topics: ['t'], assigned: [], state: 'unreleased' },
    ]);
  });

  it('B1 it is not deleted while it has members, nor are offsets of topics that they consume', async () => {
    const { client, q, member, commitAs, committed, forget } = await classicScene();
    await q.admin.createTopic('other');
    await q.admin.resetGroupOffsets('g', { other: { 0: 0 } });
    const first = await member();
    await stableGroup([first]);
    await commitAs(first, 7);
    const remove = async (): Promise<number> =>
      (await client.ask(deleteGroups, 3, { groupsNames: ['g'] })).results[0]!.errorCode;
    expect(await remove()).toBe(68);
    expect(await forget('t')).toEqual([0, [[86]]]);
    expect(await forget('other')).toEqual([0, [[0]]]);
    expect(await committed('g')).toEqual(['0: 7']);
    await first.leave();
    expect(await forget('t')).toEqual([0, [[0]]]);
    expect(await remove()).toBe(0);
    expect(await q.admin.listGroups()).toEqual([]);
  });

  it('B1 its offsets stay where nobody knows what its members consume', async () => {
    const { q, member, commitAs, forget } = await classicScene();
    const first = await member({ metadata: 'our own words' });
    await stableGroup([first]);
    await commitAs(first, 7);
    expect(await forget('t')).toEqual([0, [[86]]]);
    expect((await q.admin.describeGroup('g')).members).toMatchObject([{ topics: [], assigned: [] }]);
  });
});
