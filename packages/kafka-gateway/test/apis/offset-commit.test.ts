import { describe, expect, it } from 'vitest';
import { offsetCommit } from '../../src/messages/offset-commit.ts';
import { offsetFetch } from '../../src/messages/offset-fetch.ts';
import { noUuid } from '../../src/wire/scalars.ts';
import { offsetsScene, outsider, part } from '../offsets-scene.ts';

const noTopic = '00000000-0000-4000-8000-0000000000aa';

describe('OffsetCommit', () => {
  it('B1 21 takes offsets of who is in no group in every version, with epoch and text', async () => {
    const { client, topicId } = await offsetsScene();
    for (let version = 2; version <= 10; version += 1) {
      const groupId = `g${version}`;
      const partitions = [{ ...part(1, version, 'so far'), committedLeaderEpoch: 3 }];
      const topics = [{ name: 't', topicId, partitions }];
      const answer = await client.ask(offsetCommit, version, { ...outsider(groupId), topics });
      const named = version < 10 ? { name: 't' } : { topicId };
      expect(answer.topics).toMatchObject([{ ...named, partitions: [{ partitionIndex: 1, errorCode: 0 }] }]);
      const { groups } = await client.ask(offsetFetch, 9, { groups: [{ groupId, topics: null }] });
      const kept = { committedOffset: version, committedLeaderEpoch: version < 6 ? -1 : 3, metadata: 'so far' };
      expect(groups).toMatchObject([{ groupId, errorCode: 0, topics: [{ name: 't', partitions: [kept] }] }]);
    }
  });

  it('B1 18 keeps a text, gives an empty one for none, and takes the last of a partition', async () => {
    const { q, commit, committed } = await offsetsScene();
    expect(await commit('g', [part(0, 1, 'a'), part(1, 2, ''), part(2, 3, null)])).toEqual([0, 0, 0]);
    expect(await committed('g')).toEqual(['0: 1 a', '1: 2', '2: 3']);
    // A native client still hears which of the two it was.
    const kept = await q.admin.groupOffsets('g');
    expect(kept.map(({ metadata }) => metadata)).toEqual(['a', '', null]);
    expect(await commit('g', [part(0, 5, 'b'), part(0, 4, 'c')])).toEqual([0, 0]);
    expect((await committed('g'))[0]).toBe('0: 4 c');
  });

  it('B1 18 refuses a text of more than 4096 characters, and takes the rest', async () => {
    const { commit, committed } = await offsetsScene();
    expect(await commit('g', [part(0, 1, '€'.repeat(4096)), part(1, 2, 'a'.repeat(4097)), part(2, 3)])).toEqual([
      0, 12, 0,
    ]);
    expect((await committed('g')).map((line) => line.slice(0, 4))).toEqual(['0: 1', '2: 3']);
  });

  it('B1 takes an offset beyond the end, which a client may know from before a crash', async () => {
    const { commit, committed } = await offsetsScene();
    expect(await commit('g', [part(0, 1e9)])).toEqual([0]);
    expect(await committed('g')).toEqual(['0: 1000000000']);
  });

  // kafkajs 2.2.4: admin.resetOffsets and seek, seen on the wire 2026-11-30.
  it('B1 takes -2 for the start and -1 for the end, as clients reset a group, and no other number below 0', async () => {
    const { commit, committed, q } = await offsetsScene();
    const producer = q.producer();
    for (let sent = 0; sent < 3; sent += 1) await producer.send('t', { partition: 0, value: 'x' });
    await q.admin.deleteRecords('t', { 0: 1 });
    expect(await commit('g', [part(0, -2), part(1, -3)])).toEqual([0, 1]);
    expect(await committed('g')).toEqual(['0: 1']);
    expect(await commit('g', [part(0, -1), part(1, -1)])).toEqual([0, 0]);
    expect(await committed('g')).toEqual(['0: 3', '1: 0']);
  });

  it('B1 tells unknown topics and partitions one by one', async () => {
    const { client, topicId, commit, committed } = await offsetsScene();
    expect(await commit('g', [part(9, 1), part(-1, 1), part(0, 2)])).toEqual([3, 3, 0]);
    const codes = async (version: number, topics: { name: string; topicId: string }[]): Promise<number[]> => {
      const asked = topics.map((topic) => ({ ...topic, partitions: [part(0, 7)] }));
      const answer = await client.ask(offsetCommit, version, { ...outsider('g'), topics: asked });
      return answer.topics.map(({ partitions }) => partitions[0]!.errorCode);
    };
    const names = ['nope', 't', 'no name!', ''].map((name) => ({ name, topicId: noUuid }));
    expect(await codes(9, names)).toEqual([3, 0, 3, 3]);
    const ids = [noTopic, topicId, noUuid].map((id) => ({ name: '', topicId: id }));
    expect(await codes(10, ids)).toEqual([100, 0, 100]);
    expect(await committed('g')).toEqual(['0: 7']);
  });

  it('B1 does not look at the group where none of the topics is there', async () => {
    const { client } = await offsetsScene();
    const claimed = { ...outsider('nobody'), generationIdOrMemberEpoch: 5, memberId: 'm' };
    const topics = [{ name: 'nope', topicId: noTopic, partitions: [part(0, 1)] }];
    const answer = await client.ask(offsetCommit, 9, { ...claimed, topics });
    expect(answer.topics).toMatchObject([{ name: 'nope', partitions: [{ errorCode: 3 }] }]);
    expect(await client.ask(offsetCommit, 9, { ...claimed, topics: [] })).toMatchObject({ topics: [] });
  });

  it('B1 refuses a generation of a group that is not there, as the version can say it', async () => {
    const { commit, q } = await offsetsScene();
    const claim = { generationIdOrMemberEpoch: 5, memberId: 'm' };
    expect(await commit('g', [part(0, 1)], { ...claim, version: 8 })).toEqual([22]);
    expect(await commit('g', [part(0, 1)], claim)).toEqual([69]);
    expect(await commit('g', [part(0, 1)], { generationIdOrMemberEpoch: 0 })).toEqual([69]);
    expect(await q.admin.listGroups()).toEqual([]);
    // Below 0 nobody claims anything, whatever else is said.
    expect(await commit('g', [part(0, 1)], { generationIdOrMemberEpoch: -2, memberId: 'm' })).toEqual([0]);
  });

  it('B1 refuses members and generations in a group that has no members', async () => {
    const { commit, committed } = await offsetsScene();
    await commit('g', [part(0, 1)]);
    expect(await commit('g', [part(0, 9)], { generationIdOrMemberEpoch: 5, memberId: 'm' })).toEqual([25]);
    expect(await commit('g', [part(0, 9)], { generationIdOrMemberEpoch: 0 })).toEqual([25]);
    expect(await committed('g')).toEqual(['0: 1']);
    expect(await commit('g', [part(0, 2)], { memberId: 'm' })).toEqual([0]);
    expect(await commit('g', [part(0, 3)], { groupInstanceId: 'i' })).toEqual([0]);
    expect(await committed('g')).toEqual(['0: 3']);
  });

  it('B1 refuses ids that no group may have', async () => {
    const { commit } = await offsetsScene();
    expect(await commit('', [part(0, 1)])).toEqual([24]);
    expect(await commit('g'.repeat(250), [part(0, 1)])).toEqual([24]);
  });

  it('B1 refuses outsiders while a group whose partitions the broker assigns has members', async () => {
    const { q, commit, committed } = await offsetsScene();
    const consumer = q.consumer('t', { group: 'native' });
    await consumer.ready();
    const [member] = (await q.admin.describeGroup('native')).members;
    expect(await commit('native', [part(0, 1)])).toEqual([25]);
    expect(await commit('native', [part(0, 1)], { generationIdOrMemberEpoch: 1, memberId: 'other' })).toEqual([25]);
    const itself = { memberId: member!.memberId, generationIdOrMemberEpoch: member!.memberEpoch };
    expect(await commit('native', [part(0, 0)], itself)).toEqual([0]);
    expect(await commit('native', [part(0, 0)], { ...itself, generationIdOrMemberEpoch: 77 })).toEqual([113]);
    expect(await committed('native')).toEqual(['0: 0']);
    await consumer.close();
    expect(await commit('native', [part(0, 5)])).toEqual([0]);
  });

  it('B1 takes the commits of one connection in their order', async () => {
    const { client, topicId, committed } = await offsetsScene();
    const count = 50;
    for (let offset = 1; offset <= count; offset += 1) {
      const topics = [{ name: 't', topicId, partitions: [part(0, offset)] }];
      client.send(offsetCommit, 9, { ...outsider('g'), topics });
    }
    for (let index = 0; index < count; index += 1) await client.nextFrame();
    expect(await committed('g')).toEqual([`0: ${count}`]);
  });
});
