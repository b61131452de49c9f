import { describe, expect, it } from 'vitest';
import { offsetDelete } from '../../src/messages/offset-delete.ts';
import type { OffsetsScene } from '../offsets-scene.ts';
import { offsetsScene, part } from '../offsets-scene.ts';

/** Forgets offsets by topic, and gives the error of the whole and those of the partitions. */
async function forget(
  { client }: Pick<OffsetsScene, 'client'>,
  groupId: string,
  topics: Record<string, number[]>,
): Promise<[number, number[][]]> {
  const answer = await client.ask(offsetDelete, 0, {
    groupId,
    topics: Object.entries(topics).map(([name, partitions]) => ({
      name,
      partitions: partitions.map((partitionIndex) => ({ partitionIndex })),
    })),
  });
  return [answer.errorCode, answer.topics.map(({ partitions }) => partitions.map(({ errorCode }) => errorCode))];
}

describe('OffsetDelete', () => {
  it('B1 forgets offsets, also where there are none, and tells what is not there', async () => {
    const scene = await offsetsScene();
    await scene.commit('g', [part(0, 1), part(1, 2), part(2, 3)]);
    expect(await forget(scene, 'g', { t: [0, 9, 2], nope: [0] })).toEqual([0, [[0, 3, 0], [3]]]);
    expect(await scene.committed('g')).toEqual(['1: 2']);
    expect(await forget(scene, 'g', { t: [0] })).toEqual([0, [[0]]]);
    expect(await forget(scene, 'nobody', { t: [0] })).toEqual([69, []]);
    expect(await forget(scene, '', { t: [0] })).toEqual([24, []]);
  });

  it('B1 leaves the offsets of a topic that members consume', async () => {
    const scene = await offsetsScene();
    await scene.q.admin.createTopic('other');
    await scene.q.admin.resetGroupOffsets('native', { other: { 0: 0 }, t: { 0: 0 } });
    const consumer = scene.q.consumer('t', { group: 'native' });
    await consumer.ready();
    expect(await forget(scene, 'native', { t: [0, 7], other: [0] })).toEqual([0, [[86, 3], [0]]]);
    expect(await scene.committed('native')).toEqual(['0: 0']);
  });
});
