/**
 * What readers and producers of transactions meet at the edges: seen on Apache Kafka 4.4.0 with its Java client and
 * librdkafka 2.16.0, and the same here unless a test says otherwise.
 */
import { describe, expect, it } from 'vitest';
import { endTxn } from '../../src/messages/end-txn.ts';
import { offsetCommit } from '../../src/messages/offset-commit.ts';
import { txnOffsetCommit } from '../../src/messages/txn-offset-commit.ts';
import { ClassicMember } from '../classic-member.ts';
import { fetchFrom, partitionsOf, put, stage } from '../fetching.ts';
import type { Stage } from '../fetching.ts';
import { begin, committed, commitOf, endOffset, group, groupOffset, transactionalId, write } from '../transacting.ts';
import type { Producer } from '../transacting.ts';

async function end({ client }: Stage, producer: Producer, o: { commits: boolean; id?: string; version?: number }) {
  const { commits, id = transactionalId, version = 5 } = o;
  const { errorCode } = await client.ask(endTxn, version, { transactionalId: id, ...producer, committed: commits });
  return errorCode;
}

async function uncommitted({ client, topicId }: Stage): Promise<number> {
  const [read] = partitionsOf(await fetchFrom(client, [{ topicId }], { isolationLevel: 0 }));
  return read!.highWatermark;
}

describe('X1 what is seen of transactions', () => {
  it('X1 records behind an open transaction wait as well, be they of none or of one that is committed', async () => {
    const scene = await stage();
    await put(scene.q, ['plain 0']);
    const open = await begin(scene.client);
    expect(await write(scene, open, { text: 'open 1', version: 13 })).toBe(0);
    await put(scene.q, ['plain 2']);
    const other = await begin(scene.client, 60_000, 'other');
    expect(await write(scene, other, { text: 'committed 3', version: 13 })).toBe(0);
    expect(await end(scene, other, { commits: true, id: 'other' })).toBe(0);
    expect(await committed(scene)).toEqual({ texts: ['plain 0'], lastStableOffset: 1, highWatermark: 5 });
    expect([await endOffset(scene, 1), await uncommitted(scene)]).toEqual([1, 5]);
    expect(await end(scene, open, { commits: false })).toBe(0);
    const texts = ['plain 0', 'plain 2', 'committed 3'];
    expect(await committed(scene)).toEqual({ texts, lastStableOffset: 6, highWatermark: 6 });
  });

  it('X1 of two that overlap nothing is seen until the first has ended, and then both in the order of the log', async () => {
    const scene = await stage();
    const [x, y] = [await begin(scene.client, 60_000, 'x'), await begin(scene.client, 60_000, 'y')];
    await write(scene, x, { text: 'x', version: 13 });
    await write(scene, y, { text: 'y', version: 13 });
    expect(await end(scene, y, { commits: true, id: 'y' })).toBe(0);
    expect((await committed(scene)).texts).toEqual([]);
    expect(await end(scene, x, { commits: true, id: 'x' })).toBe(0);
    expect((await committed(scene)).texts).toEqual(['x', 'y']);
  });

  // A consumer that commits behind the last record has a lag of 1; it moves on by the marker that it is given.
  it('X1 whoever reads on behind the last record is given the marker, and the end is behind that', async () => {
    const scene = await stage();
    const producer = await begin(scene.client);
    for (const sequence of [0, 1, 2]) await write(scene, producer, { text: String(sequence), version: 13, sequence });
    expect(await end(scene, producer, { commits: true })).toBe(0);
    const behind = [{ topicId: scene.topicId, fetchOffset: 3 }];
    const [read] = partitionsOf(await fetchFrom(scene.client, behind, { isolationLevel: 1 }));
    expect(Buffer.concat(read!.records ?? []).length).toBeGreaterThan(0);
    expect(await endOffset(scene, 1)).toBe(4);
  });
});

describe('X1 who writes under a transactional id', () => {
  // findings/java-commits-before-its-records.sh; Kafka answers 48, and the producer is dead.
  it('X1 a commit that comes before its records is sent again behind them, by clients whose partitions join', async () => {
    const scene = await stage();
    const producer = await begin(scene.client);
    expect(await end(scene, producer, { commits: true, version: 4 })).toBe(48);
    expect(await end(scene, producer, { commits: true })).toBe(51);
    await write(scene, producer, { text: 'late', version: 13 });
    expect(await end(scene, producer, { commits: true })).toBe(0);
    expect((await committed(scene)).texts).toEqual(['late']);
  });

  it('X1 a second one aborts what is open before it is answered', async () => {
    const scene = await stage();
    await write(scene, await begin(scene.client), { text: 'open', version: 13 });
    await begin(scene.client);
    expect(await committed(scene)).toEqual({ texts: [], lastStableOffset: 2, highWatermark: 2 });
  });

  it('X1 the first one hears that it is fenced, with its commit and its abort, also where it has sent nothing', async () => {
    const scene = await stage();
    const first = await begin(scene.client);
    const second = await begin(scene.client);
    for (const commits of [true, false]) expect(await end(scene, first, { commits })).toBe(90);
    await write(scene, second, { text: 'second', version: 13 });
    for (const commits of [true, false]) expect(await end(scene, first, { commits })).toBe(90);
    expect(await end(scene, second, { commits: true })).toBe(0);
  });
});

describe('X2 offsets of groups', () => {
  // Kafka 4.4.0 keeps the plain commit: the one that was written later. Here the one that is committed later counts.
  it('X2 a plain commit is replaced by that of a transaction which commits after it', async () => {
    const scene = await stage();
    const producer = await begin(scene.client);
    await scene.client.ask(txnOffsetCommit, 5, { ...commitOf(5), ...producer });
    const { topics } = commitOf(3);
    await scene.client.ask(offsetCommit, 8, { groupId: group, generationIdOrMemberEpoch: -1, memberId: '', topics });
    expect(await groupOffset(scene, false)).toEqual({ committedOffset: 3, errorCode: 0 });
    expect(await end(scene, producer, { commits: true })).toBe(0);
    expect(await groupOffset(scene, true)).toEqual({ committedOffset: 5, errorCode: 0 });
  });

  // The refusals are those of KIP-447; the plain id was seen.
  it('X2 a plain group id is taken of a group that has members, and a generation that is over is not', async () => {
    const scene = await stage();
    const member = await ClassicMember.connect({ port: scene.kafkaPort, groupId: group });
    await member.join();
    const { memberId, generation } = member;
    const producer = await begin(scene.client);
    const codeOf = async (claim: object): Promise<number> => {
      const answer = await scene.client.ask(txnOffsetCommit, 5, { ...commitOf(1), ...producer, ...claim });
      return answer.topics[0]!.partitions[0]!.errorCode;
    };
    expect(await codeOf({})).toBe(0);
    expect(await codeOf({ memberId, generationId: generation - 1, groupInstanceId: null })).toBe(22);
    expect(await codeOf({ memberId: 'somebody', generationId: generation, groupInstanceId: null })).toBe(25);
  });
});
