/**
 * What a consumer does after the leader has changed, frame by frame. It asks where the records of the last epoch that
 * it has read end, goes back there if it is beyond, and reads on. A wrong answer would have it read in circles.
 */
import { startBroker } from '@q/broker';
import { FaultyFileSystem, SeededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { kafkaDoor } from '../../src/index.ts';
import { listOffsets } from '../../src/messages/list-offsets.ts';
import { offsetForLeaderEpoch } from '../../src/messages/offset-for-leader-epoch.ts';
import { fetchFrom, partitionsOf, put, stage, valuesOf } from '../fetching.ts';
import type { Stage } from '../fetching.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { nativeClient } from '../native.ts';

const place = { storage: 'file', dataDir: '/data' } as const;

async function endOf(
  client: RawClient,
  leaderEpoch: number,
  { version = 4, topic = 'orders', partition = 0, currentLeaderEpoch = -1 } = {},
): Promise<{ errorCode: number; leaderEpoch: number; endOffset: number }> {
  const partitions = [{ partition, currentLeaderEpoch, leaderEpoch }];
  const answer = await client.ask(offsetForLeaderEpoch, version, { replicaId: -1, topics: [{ topic, partitions }] });
  const { errorCode, leaderEpoch: epoch, endOffset } = answer.topics[0]!.partitions[0]!;
  return { errorCode, leaderEpoch: epoch, endOffset };
}

/** The broker's machine loses its power, and what was not synced; another broker starts on what is left. */
async function crashed(disk: FaultyFileSystem): Promise<{ disk: FaultyFileSystem } & Omit<Stage, 'topicId'>> {
  const left = await disk.crash('all');
  const { broker, kafkaPort } = await kafkaBroker({ ...place, fileSystem: left });
  return { disk: left, broker, kafkaPort, q: await nativeClient(broker), client: await RawClient.connect(kafkaPort) };
}

describe('OffsetForLeaderEpoch', () => {
  it('B1 says in every version where the records of an epoch end, and nothing of epochs that it does not know', async () => {
    const { q, client } = await stage();
    await put(q, ['a', 'b']);
    for (const version of [2, 3, 4]) {
      expect(await endOf(client, 0, { version })).toEqual({ errorCode: 0, leaderEpoch: 0, endOffset: 2 });
      for (const unknown of [-1, 1, 7]) {
        expect(await endOf(client, unknown, { version })).toEqual({ errorCode: 0, leaderEpoch: -1, endOffset: -1 });
      }
    }
    const failed = (errorCode: number) => ({ errorCode, leaderEpoch: -1, endOffset: -1 });
    expect(await endOf(client, 0, { topic: 'other' })).toEqual(failed(3));
    expect(await endOf(client, 0, { partition: 1 })).toEqual(failed(3));
    expect(await endOf(client, 0, { currentLeaderEpoch: 1 })).toEqual(failed(75));
  });
});

describe('a consumer of a log that has lost its end', () => {
  it('B1 learns where to go back to, and reads on without reading in circles', async () => {
    const disk = new FaultyFileSystem({ random: new SeededRandom(1) });
    const before = await stage({ ...place, fileSystem: disk, config: { durability: 'os' } });
    await using producer = before.q.producer();
    await producer.send('orders', { value: 'kept' });
    await before.broker.close();
    // It dies with its disk, so nobody can close it.
    const broker = await startBroker({
      ...place,
      fileSystem: disk,
      port: 0,
      admin: false,
      doors: [kafkaDoor({ port: 0 })],
    });
    const q = await nativeClient(broker);
    await put(q, ['lost', 'lost too']);
    const early = await RawClient.connect(broker.doors[0]!.port);
    const { topicId } = before;
    expect(valuesOf(await fetchFrom(early, [{ topicId }]))).toEqual(['kept', 'lost', 'lost too']);

    const { q: after, client } = await crashed(disk);
    // Nothing has come since: the epoch in force counts as begun where the log ends.
    expect(await endOf(client, 0)).toEqual({ errorCode: 0, leaderEpoch: 0, endOffset: 1 });
    expect(await endOf(client, 1)).toEqual({ errorCode: 0, leaderEpoch: 1, endOffset: 1 });
    await put(after, ['new', 'newer', 'newest']);

    // Who has not heard of the new leader is sent to look; who has heard of one that is not there waits.
    const stale = await fetchFrom(client, [{ topicId, fetchOffset: 3, currentLeaderEpoch: 0 }]);
    expect(partitionsOf(stale)[0]).toMatchObject({ errorCode: 74, currentLeader: { leaderEpoch: 1 } });
    expect(stale.nodeEndpoints).toMatchObject([{ host: '127.0.0.1', rack: null }]);
    const old = await fetchFrom(client, [{ topicId, fetchOffset: 3, currentLeaderEpoch: 0 }], { version: 15 });
    expect(partitionsOf(old)[0]).toMatchObject({ errorCode: 74, currentLeader: { leaderEpoch: -1 } });

    // The flow of a Java consumer: its place is (3, epoch 0), and 1 < 3, so it goes back to 1.
    const end = await endOf(client, 0, { currentLeaderEpoch: 1 });
    expect(end).toEqual({ errorCode: 0, leaderEpoch: 0, endOffset: 1 });
    const again = [{ topicId, fetchOffset: end.endOffset, currentLeaderEpoch: 1 }];
    expect(valuesOf(await fetchFrom(client, again))).toEqual(['new', 'newer', 'newest']);
    // Its place is (4, epoch 1) now, and stands.
    expect(await endOf(client, 1, { currentLeaderEpoch: 1 })).toEqual({ errorCode: 0, leaderEpoch: 1, endOffset: 4 });

    // The same within Fetch, for whoever says which epoch it has read last.
    const divergent = await fetchFrom(client, [{ topicId, fetchOffset: 3, lastFetchedEpoch: 0 }], {
      maxWaitMs: 60_000,
    });
    expect(partitionsOf(divergent)[0]).toMatchObject({
      errorCode: 0,
      divergingEpoch: { epoch: 0, endOffset: 1 },
      highWatermark: 4,
      records: [Buffer.alloc(0)],
    });
    const straight = await fetchFrom(client, [{ topicId, fetchOffset: 3, lastFetchedEpoch: 1 }]);
    expect(valuesOf(straight)).toEqual(['newest']);
    const unknown = await fetchFrom(client, [{ topicId, fetchOffset: 3, lastFetchedEpoch: 2 }]);
    expect(partitionsOf(unknown)[0]!.errorCode).toBe(1);

    const partitions = [-2, -1].map((timestamp) => [{ partitionIndex: 0, timestamp }]);
    for (const [index, leaderEpoch] of [0, 1].entries()) {
      const topics = [{ name: 'orders', partitions: partitions[index]! }];
      const { topics: found } = await client.ask(listOffsets, 11, { replicaId: -1, topics });
      expect(found[0]!.partitions[0]).toMatchObject({ errorCode: 0, leaderEpoch });
    }
  });
});
