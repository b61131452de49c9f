import { describe, expect, it } from 'vitest';
import { listGroups } from '../../src/messages/list-groups.ts';
import { offsetsScene, part } from '../offsets-scene.ts';
import type { OffsetsScene } from '../offsets-scene.ts';

async function twoGroups(): Promise<OffsetsScene> {
  const scene = await offsetsScene();
  await scene.commit('offsets', [part(0, 1)]);
  const consumer = scene.q.consumer('t', { group: 'native' });
  await consumer.ready();
  return scene;
}

const offsets = { groupId: 'offsets', protocolType: '', groupState: 'Empty', groupType: 'classic' };
const native = { groupId: 'native', protocolType: 'consumer', groupState: 'Stable', groupType: 'consumer' };

describe('ListGroups', () => {
  it('B1 lists groups of either kind, in every version', async () => {
    const { client } = await twoGroups();
    for (let version = 0; version <= 5; version += 1) {
      const { errorCode, groups } = await client.ask(listGroups, version, {});
      expect(errorCode).toBe(0);
      const shown = [offsets, native].map(({ groupState, groupType, ...group }) => ({
        ...group,
        groupState: version < 4 ? '' : groupState,
        groupType: version < 5 ? '' : groupType,
      }));
      expect(groups).toEqual(shown);
    }
  });

  it('B1 filters by state and type, however they are written; what no group is finds none', async () => {
    const { client } = await twoGroups();
    const ids = async (filter: { statesFilter?: string[]; typesFilter?: string[] }): Promise<string[]> =>
      (await client.ask(listGroups, 5, filter)).groups.map(({ groupId }) => groupId);
    expect(await ids({ statesFilter: ['STABLE'] })).toEqual(['native']);
    expect(await ids({ statesFilter: ['Empty', 'Dead'] })).toEqual(['offsets']);
    expect(await ids({ typesFilter: ['Classic'] })).toEqual(['offsets']);
    expect(await ids({ typesFilter: ['classic', 'Consumer'] })).toEqual(['offsets', 'native']);
    expect(await ids({ typesFilter: ['consumer'], statesFilter: ['empty'] })).toEqual([]);
    expect(await ids({ typesFilter: ['share', 'nonsense'] })).toEqual([]);
    expect(await ids({ statesFilter: ['nonsense'] })).toEqual([]);
  });
});
