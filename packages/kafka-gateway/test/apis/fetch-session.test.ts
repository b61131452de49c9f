/** Fetch sessions (KIP-227): a consumer names what has changed, and is told what is new. */
import { describe, expect, it } from 'vitest';
import { FetchSession, SessionRoom } from '../../src/fetch/fetch-session.ts';
import { fetchFrom, partitionsOf, put, stage, valuesOf, WaitClock } from '../fetching.ts';
import type { FetchAnswer } from '../fetching.ts';
import { RawClient } from '../harness.ts';

const noTopic = '11111111-2222-3333-4444-555555555555';

/** The next request of a session that names nothing new. */
function next({ sessionId }: FetchAnswer, sessionEpoch: number) {
  return { sessionId, sessionEpoch };
}

describe('fetch sessions', () => {
  it('B1 tell of every partition once, and then only of news', async () => {
    const { q, client, topicId } = await stage({ partitions: 3 });
    await put(q, ['a']);
    const wishes = [0, 1, 2].map((partition) => ({ topicId, partition }));
    for (const version of [7, 12, 13, 18]) {
      const begun = await fetchFrom(client, wishes, { version, sessionEpoch: 0 });
      expect(begun.sessionId).toBeGreaterThan(0);
      expect(partitionsOf(begun)).toHaveLength(3);
      const readOn = { ...next(begun, 1), version };
      expect(partitionsOf(await fetchFrom(client, [{ topicId, fetchOffset: 1 }], readOn))).toEqual([]);
      expect(partitionsOf(await fetchFrom(client, [], { ...next(begun, 2), version }))).toEqual([]);
    }
  });

  it('B1 give records of partitions that the request does not name, and of those that it adds, but not of dropped ones', async () => {
    const { q, client, topicId } = await stage({ partitions: 3 });
    const begun = await fetchFrom(
      client,
      [0, 1].map((partition) => ({ topicId, partition })),
      { sessionEpoch: 0 },
    );
    await put(q, ['p1'], { partition: 1 });
    await put(q, ['p2'], { partition: 2 });
    expect(valuesOf(await fetchFrom(client, [], next(begun, 1)))).toEqual(['p1']);
    const forgottenTopicsData = [{ topic: 'orders', topicId, partitions: [1] }];
    const changed = await fetchFrom(client, [{ topicId, partition: 2 }], { ...next(begun, 2), forgottenTopicsData });
    expect(valuesOf(changed)).toEqual(['p2']);
    expect(partitionsOf(changed).map(({ partitionIndex }) => partitionIndex)).toEqual([2]);
  });

  it('B1 wait for news of all their partitions', async () => {
    const clock = new WaitClock();
    const { q, client, topicId } = await stage({ clock, partitions: 2 });
    const begun = await fetchFrom(
      client,
      [0, 1].map((partition) => ({ topicId, partition })),
      { sessionEpoch: 0 },
    );
    const idle = fetchFrom(client, [], { ...next(begun, 1), maxWaitMs: 700 });
    await clock.until(700, true);
    await clock.advance(700);
    expect(await idle).toMatchObject({ errorCode: 0, sessionId: begun.sessionId, responses: [] });
    const poll = fetchFrom(client, [], { ...next(begun, 2), maxWaitMs: 700 });
    await clock.until(700, true);
    await put(q, ['news'], { partition: 1 });
    expect(valuesOf(await poll)).toEqual(['news']);
  });

  it('B1 tell of an error each time, and of the partition when the error is gone', async () => {
    const { q, client } = await stage();
    const wishes = [{ topic: 'later' }, { topic: 'orders' }];
    const begun = await fetchFrom(client, wishes, { version: 12, sessionEpoch: 0 });
    const codes = (answer: FetchAnswer): number[] => partitionsOf(answer).map(({ errorCode }) => errorCode);
    expect(codes(begun)).toEqual([3, 0]);
    expect(codes(await fetchFrom(client, [], { ...next(begun, 1), version: 12 }))).toEqual([3]);
    await q.admin.createTopic('later');
    expect(codes(await fetchFrom(client, [], { ...next(begun, 2), version: 12 }))).toEqual([0]);
    expect(codes(await fetchFrom(client, [], { ...next(begun, 3), version: 12 }))).toEqual([]);
  });

  it('B1 refuse an id that they do not have, an epoch out of order, and names after ids', async () => {
    const { kafkaPort, client, topicId } = await stage();
    const refusal = async (o: { sessionId: number; sessionEpoch: number; version?: number }) => {
      const { errorCode, sessionId, responses } = await fetchFrom(client, [{ topicId }], { ...o });
      return { errorCode, sessionId, responses };
    };
    const refused = (errorCode: number) => ({ errorCode, sessionId: 0, responses: [] });
    expect(await refusal({ sessionId: 0, sessionEpoch: 5 })).toEqual(refused(70));
    const begun = await fetchFrom(client, [{ topicId }], { sessionEpoch: 0 });
    expect(await refusal({ sessionId: begun.sessionId + 1, sessionEpoch: 1 })).toEqual(refused(70));
    expect(await refusal({ sessionId: begun.sessionId, sessionEpoch: 2 })).toEqual(refused(71));
    expect(await refusal({ sessionId: begun.sessionId, sessionEpoch: 1, version: 12 })).toEqual(refused(106));
    // None of that has ended it.
    expect(await fetchFrom(client, [], next(begun, 1))).toMatchObject({ errorCode: 0, sessionId: begun.sessionId });
    const other = await RawClient.connect(kafkaPort);
    expect(await fetchFrom(other, [], next(begun, 2))).toMatchObject(refused(70));
  });

  it('B1 end with a request that is complete and wants none, or when nothing is left in them', async () => {
    const { client, topicId } = await stage();
    const first = await fetchFrom(client, [{ topicId }], { sessionEpoch: 0 });
    const last = await fetchFrom(client, [{ topicId }], { sessionId: first.sessionId, sessionEpoch: -1 });
    expect([last.sessionId, partitionsOf(last).length]).toEqual([0, 1]);
    expect(await fetchFrom(client, [], next(first, 1))).toMatchObject({ errorCode: 70 });
    const second = await fetchFrom(client, [{ topicId }], { sessionEpoch: 0 });
    const forgottenTopicsData = [{ topic: 'orders', topicId, partitions: [0] }];
    const emptied = await fetchFrom(client, [], { ...next(second, 1), forgottenTopicsData, maxWaitMs: 60_000 });
    expect(emptied).toMatchObject({ errorCode: 0, sessionId: 0, responses: [] });
    expect((await fetchFrom(client, [], { sessionEpoch: 0 })).sessionId).toBe(0);
  });

  it('B1 keep unknown ids apart from known ones', async () => {
    const { q, client, topicId } = await stage();
    await put(q, ['a']);
    const begun = await fetchFrom(client, [{ topicId: noTopic }, { topicId }], { sessionEpoch: 0 });
    expect(begun.responses.map((topic) => [topic.topicId, topic.partitions[0]!.errorCode])).toEqual([
      [noTopic, 100],
      [topicId, 0],
    ]);
  });

  it('B1 are refused where their partitions have no room, and give it back when they end', () => {
    const room = new SessionRoom({ partitionsMax: 3 });
    const end: (() => void)[] = [];
    const signal = { aborted: false, onAbort: (listener: () => void) => (end.push(listener), () => undefined) };
    const wanted = (count: number) => [
      {
        topic: 't',
        topicId: noTopic,
        partitions: Array.from({ length: count }, (_, partition) => ({
          partition,
          leaderEpoch: -1,
          fetchOffset: 0,
          maxBytes: 1,
        })),
      },
    ];
    const [one, two] = [0, 1].map(() => new FetchSession(room, { usesIds: true, signal }));
    expect([one!.update(wanted(2)), two!.update(wanted(2))]).toEqual([true, false]);
    end[0]!();
    expect(two!.update(wanted(3))).toBe(true);
    expect(two!.update(wanted(4))).toBe(false);
  });

  it('B1 remember no topic without partitions, and no name that no topic can have', async () => {
    const { client, topicId } = await stage();
    const begun = await fetchFrom(client, [{ topicId }], { sessionEpoch: 0 });
    const hollow = Array.from({ length: 3 }, (_, index) => ({
      topic: '',
      topicId: `11111111-2222-3333-4444-00000000000${index}`,
      partitions: [],
    }));
    expect(await fetchFrom(client, [], { ...next(begun, 1), topics: hollow })).toMatchObject({ errorCode: 0 });

    const room = new SessionRoom({ partitionsMax: 10 });
    const signal = { aborted: false, onAbort: () => () => undefined };
    const session = new FetchSession(room, { usesIds: true, signal });
    expect(session.update(hollow)).toBe(true);
    expect(session.wanted).toEqual([]);

    const long = 'n'.repeat(250);
    const never = await fetchFrom(client, [{ topic: long }], { sessionEpoch: 0, version: 12 });
    expect(never).toMatchObject({ errorCode: 0, sessionId: 0, responses: [{ partitions: [{ errorCode: 3 }] }] });
    const named = await fetchFrom(client, [{}], { sessionEpoch: 0, version: 12 });
    expect(await fetchFrom(client, [{ topic: long }], { ...next(named, 1), version: 12 })).toMatchObject({
      errorCode: 70,
    });
  });
});
