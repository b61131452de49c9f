import { describe, expect, it } from 'vitest';
import { offsetFetch } from '../../src/messages/offset-fetch.ts';
import { noUuid } from '../../src/wire/scalars.ts';
import { offsetsScene, part } from '../offsets-scene.ts';

const noTopic = '00000000-0000-4000-8000-0000000000aa';
const none = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 };

describe('OffsetFetch', () => {
  it('B1 21 answers for one group up to version 7, for several from version 8 on', async () => {
    const { client, topicId, commit } = await offsetsScene();
    await commit('g', [part(1, 7, 'm')]);
    await commit('h', [part(2, 8)]);
    const seven = { partitionIndex: 1, committedOffset: 7, metadata: 'm', errorCode: 0 };
    for (let version = 1; version <= 7; version += 1) {
      const topics = [
        { name: 't', partitionIndexes: [1, 0, 9] },
        { name: 'nope', partitionIndexes: [0] },
      ];
      const answer = await client.ask(offsetFetch, version, { groupId: 'g', topics, requireStable: true });
      expect(answer.errorCode).toBe(0);
      expect(answer.topics).toMatchObject([
        { name: 't', partitions: [seven, { ...none, partitionIndex: 0 }, { ...none, partitionIndex: 9 }] },
        { name: 'nope', partitions: [{ ...none, partitionIndex: 0 }] },
      ]);
    }
    for (const version of [8, 9, 10]) {
      const topics = [{ name: 't', topicId, partitionIndexes: [1] }];
      const { groups } = await client.ask(offsetFetch, version, {
        groups: [
          { groupId: 'g', topics },
          { groupId: 'h', topics: null },
          { groupId: 'nobody', topics },
          { groupId: 'nobody', topics: null },
        ],
      });
      const named = version < 10 ? { name: 't' } : { topicId };
      expect(groups).toMatchObject([
        { groupId: 'g', errorCode: 0, topics: [{ ...named, partitions: [seven] }] },
        { groupId: 'h', errorCode: 0, topics: [{ ...named, partitions: [{ partitionIndex: 2, committedOffset: 8 }] }] },
        { groupId: 'nobody', errorCode: 0, topics: [{ ...named, partitions: [{ ...none, partitionIndex: 1 }] }] },
        { groupId: 'nobody', errorCode: 0, topics: [] },
      ]);
    }
  });

  it('B1 takes no topics as all of them', async () => {
    const { client, commit } = await offsetsScene();
    await commit('g', [part(2, 3), part(0, 1)]);
    const both = [
      { partitionIndex: 0, committedOffset: 1 },
      { partitionIndex: 2, committedOffset: 3 },
    ];
    for (let version = 2; version <= 7; version += 1) {
      const { topics } = await client.ask(offsetFetch, version, { groupId: 'g', topics: null });
      expect(topics).toMatchObject([{ name: 't', partitions: both }]);
    }
    expect(await client.ask(offsetFetch, 7, { groupId: 'g', topics: [] })).toMatchObject({ topics: [] });
  });

  it('B1 refuses an id that no topic has, and only that', async () => {
    const { client, topicId, commit } = await offsetsScene();
    await commit('g', [part(0, 3)]);
    const topics = [noTopic, topicId, noUuid].map((id) => ({ name: '', topicId: id, partitionIndexes: [0] }));
    const { groups } = await client.ask(offsetFetch, 10, { groups: [{ groupId: 'g', topics }] });
    expect(groups).toMatchObject([
      {
        errorCode: 0,
        topics: [
          { topicId: noTopic, partitions: [{ ...none, errorCode: 100 }] },
          { topicId, partitions: [{ committedOffset: 3, errorCode: 0 }] },
          { topicId: noUuid, partitions: [{ ...none, errorCode: 100 }] },
        ],
      },
    ]);
  });

  it('B1 looks at a member only where the broker assigns the partitions', async () => {
    const { client, q, commit } = await offsetsScene();
    await commit('g', [part(0, 3)]);
    const consumer = q.consumer('t', { group: 'native' });
    await consumer.ready();
    const [member] = (await q.admin.describeGroup('native')).members;
    const { memberId, memberEpoch } = member!;
    const code = async (groupId: string, who: { memberId: string | null; memberEpoch: number }): Promise<number> =>
      (await client.ask(offsetFetch, 9, { groups: [{ groupId, topics: null, ...who }] })).groups[0]!.errorCode;
    expect(await code('g', { memberId: 'm', memberEpoch: 3 })).toBe(0);
    expect(await code('native', { memberId: null, memberEpoch: -1 })).toBe(0);
    expect(await code('native', { memberId, memberEpoch })).toBe(0);
    expect(await code('native', { memberId, memberEpoch: 77 })).toBe(113);
    expect(await code('native', { memberId: 'm', memberEpoch })).toBe(25);
    await consumer.close();
  });

  it('B1 tells an id that no group may have where the version has room for that', async () => {
    const { client } = await offsetsScene();
    const groupId = 'g'.repeat(250);
    const topics = [{ name: 't', partitionIndexes: [0] }];
    expect(await client.ask(offsetFetch, 1, { groupId, topics })).toMatchObject({
      topics: [{ name: 't', partitions: [{ ...none, errorCode: 24 }] }],
    });
    expect(await client.ask(offsetFetch, 7, { groupId, topics })).toMatchObject({ errorCode: 24, topics: [] });
    const { groups } = await client.ask(offsetFetch, 8, { groups: [{ groupId, topics: null }] });
    expect(groups).toMatchObject([{ groupId, errorCode: 24, topics: [] }]);
  });

  it('B1 forgets the offsets of a topic with the topic, also when a new one has its name', async () => {
    const { client, q, commit, committed } = await offsetsScene();
    await commit('g', [part(0, 3)]);
    await q.admin.deleteTopic('t');
    expect(await committed('g')).toEqual([]);
    await q.admin.createTopic('t', { partitions: 1 });
    const topics = [{ name: 't', partitionIndexes: [0] }];
    expect((await client.ask(offsetFetch, 7, { groupId: 'g', topics })).topics).toMatchObject([{ partitions: [none] }]);
  });

  it('B1 tells no more than fits in an answer, however often it is asked for', async () => {
    const { client, commit } = await offsetsScene({ limits: { frameBytesMax: 2 << 20, fetchBytesMax: 1 << 20 } });
    await commit('g', [part(0, 1, 'a'.repeat(4096)), part(1, 1, 'a'.repeat(4096)), part(2, 1, 'a'.repeat(4096))]);
    const groups = Array.from({ length: 200 }, () => ({ groupId: 'g', topics: null }));
    const answer = await client.ask(offsetFetch, 8, { groups });
    const codes = answer.groups.map(({ errorCode }) => errorCode);
    expect([codes[0], codes.at(-1)]).toEqual([0, 42]);
  });
});
