import { describe, expect, it } from 'vitest';
import { describeGroups } from '../../src/messages/describe-groups.ts';
import { offsetsScene, part } from '../offsets-scene.ts';

const unknownOperations = -0x8000_0000;

describe('DescribeGroups', () => {
  it('B1 shows a group that has only offsets as empty, in every version', async () => {
    const { client, commit } = await offsetsScene();
    await commit('g', [part(0, 1)]);
    for (let version = 0; version <= 6; version += 1) {
      const { groups } = await client.ask(describeGroups, version, { groups: ['g'] });
      expect(groups).toEqual([
        {
          errorCode: 0,
          errorMessage: null,
          groupId: 'g',
          groupState: 'Empty',
          protocolType: '',
          protocolData: '',
          members: [],
          authorizedOperations: unknownOperations,
        },
      ]);
    }
  });

  it('B1 shows a group that is not there as dead, with an error from version 6 on', async () => {
    const { client } = await offsetsScene();
    for (let version = 0; version <= 6; version += 1) {
      const { groups } = await client.ask(describeGroups, version, { groups: ['nobody', 'nobody'] });
      expect(groups).toMatchObject([{ groupId: 'nobody', groupState: 'Dead', errorCode: version < 6 ? 0 : 69 }]);
      if (version === 6) expect(groups[0]!.errorMessage).toContain('nobody');
    }
  });

  it('B1 tells which operations are allowed where that is asked', async () => {
    const { client, commit } = await offsetsScene();
    await commit('g', [part(0, 1)]);
    const request = { groups: ['g', 'nobody'], includeAuthorizedOperations: true };
    const { groups } = await client.ask(describeGroups, 6, request);
    expect(groups.map(({ authorizedOperations }) => authorizedOperations)).toEqual([3400, unknownOperations]);
  });

  it('B1 shows who owns what where the broker assigns, in the words of a classic group', async () => {
    const { client, q } = await offsetsScene();
    const consumer = q.consumer('t', { group: 'native', instanceId: 'box-1' });
    await consumer.ready();
    const [member] = (await q.admin.describeGroup('native')).members;
    const { groups } = await client.ask(describeGroups, 5, { groups: ['native'] });
    expect(groups).toMatchObject([
      {
        errorCode: 0,
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'uniform',
        members: [
          { memberId: member!.memberId, groupInstanceId: 'box-1', clientId: 'native', clientHost: '/127.0.0.1' },
        ],
      },
    ]);
    const { memberMetadata, memberAssignment } = groups[0]!.members[0]!;
    // Version 0, one topic t, no data of the user's; and its partitions 0, 1 and 2.
    expect(memberMetadata.toString('hex')).toBe(['0000', '00000001', '000174', '00000000'].join(''));
    const partitions = ['00000003', '00000000', '00000001', '00000002'];
    expect(memberAssignment.toString('hex')).toBe(['0000', '00000001', '000174', ...partitions, '00000000'].join(''));
  });

  it('B1 shows a group as empty whose members have left', async () => {
    const { client, q } = await offsetsScene();
    const consumer = q.consumer('t', { group: 'native' });
    await consumer.ready();
    await consumer.close();
    const { groups } = await client.ask(describeGroups, 5, { groups: ['native'] });
    expect(groups).toMatchObject([{ groupState: 'Empty', protocolType: 'consumer', protocolData: '', members: [] }]);
  });
});
