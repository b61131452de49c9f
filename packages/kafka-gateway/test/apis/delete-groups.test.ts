import { describe, expect, it } from 'vitest';
import { deleteGroups } from '../../src/messages/delete-groups.ts';
import { offsetsScene, part } from '../offsets-scene.ts';

describe('DeleteGroups', () => {
  it('B1 deletes groups with their offsets, in every version', async () => {
    const { client, q, commit, committed } = await offsetsScene();
    for (let version = 0; version <= 3; version += 1) {
      await commit('g', [part(0, 1)]);
      const { results } = await client.ask(deleteGroups, version, { groupsNames: ['g', 'g', 'nobody'] });
      expect(results).toMatchObject([
        { groupId: 'g', errorCode: 0, errorMessage: null },
        { groupId: 'nobody', errorCode: 69 },
      ]);
      expect(results[1]!.errorMessage).toEqual(version < 3 ? null : expect.stringContaining('nobody'));
      expect(await committed('g')).toEqual([]);
      expect(await q.admin.listGroups()).toEqual([]);
    }
  });

  it('B1 deletes no group that has members', async () => {
    const { client, q } = await offsetsScene();
    const consumer = q.consumer('t', { group: 'native' });
    await consumer.ready();
    const remove = async (): Promise<number> =>
      (await client.ask(deleteGroups, 3, { groupsNames: ['native'] })).results[0]!.errorCode;
    expect(await remove()).toBe(68);
    await consumer.close();
    expect(await remove()).toBe(0);
  });
});
