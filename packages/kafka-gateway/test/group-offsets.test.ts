/**
 * Offsets of groups, between Kafka clients, native clients and the disk.
 */
import { FaultyFileSystem, ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { offsetCommit } from '../src/messages/offset-commit.ts';
import { offsetFetch } from '../src/messages/offset-fetch.ts';
import { RawClient } from './harness.ts';
import { offsetsScene, outsider, part } from './offsets-scene.ts';

const onDisk = { storage: 'file', dataDir: '/data' } as const;
const groupsLog = /__groups-0\/\d+\.log$/;

describe('one group for both protocols', () => {
  it('B1 native tools see what a Kafka client committed, and reset it', async () => {
    const { q, commit, committed } = await offsetsScene();
    const producer = q.producer();
    for (const value of ['a', 'b', 'c']) await producer.send('t', { value, partition: 0 });
    await commit('g', [{ ...part(0, 2, 'half'), committedLeaderEpoch: 0 }]);
    expect(await q.admin.listGroups()).toMatchObject([{ groupId: 'g', state: 'empty', members: 0, offsets: 1 }]);
    const { partitions } = await q.admin.describeGroup('g');
    expect(partitions[0]).toMatchObject({ topic: 't', committedOffset: 2, metadata: 'half', lag: 1, lagExact: true });
    expect(await q.admin.resetGroupOffsets('g', { t: { 0: 0, 1: 0 } })).toMatchObject([
      { previousOffset: 2, offset: 0 },
      { previousOffset: null, offset: 0 },
    ]);
    expect(await committed('g')).toEqual(['0: 0', '1: 0']);
  });

  it('B1 a native consumer goes on where a Kafka client stopped, and the reverse', async () => {
    const { client, q, commit } = await offsetsScene();
    const producer = q.producer();
    for (const value of ['a', 'b', 'c']) await producer.send('t', { value, partition: 1 });
    await commit('g', [part(1, 2)]);
    const consumer = q.consumer('t', { group: 'g', from: 'earliest' });
    for await (const message of consumer) {
      expect(message.value?.toString()).toBe('c');
      message.ack();
      await consumer.commit([{ partition: 1, offset: 3, metadata: 'done' }]);
      break;
    }
    const { groups } = await client.ask(offsetFetch, 8, { groups: [{ groupId: 'g', topics: null }] });
    const done = { partitionIndex: 1, committedOffset: 3, metadata: 'done' };
    expect(groups[0]!.topics).toMatchObject([{ name: 't', partitions: [done] }]);
  });

  it('B1 a group without members expires with its offsets, whoever committed them', async () => {
    const clock = new ManualClock({ startMs: Date.now() });
    const limits = { groupExpiryMs: 60_000, groupSweepIntervalMs: 1_000 };
    const { q, commit } = await offsetsScene({ clock, limits });
    await commit('g', [part(0, 0)]);
    await clock.advance(50_000);
    await commit('h', [part(0, 0)]);
    await clock.advance(12_000);
    expect((await q.admin.listGroups()).map(({ groupId }) => groupId)).toEqual(['h']);
  });
});

describe('what was answered', () => {
  it('B1 is there after a restart', async () => {
    const fileSystem = new FaultyFileSystem();
    const { broker, commit } = await offsetsScene({ ...onDisk, fileSystem });
    expect(await commit('g', [part(0, 7, 'm'), part(2, 9, null)])).toEqual([0, 0]);
    await broker.close();
    const next = await offsetsScene({ ...onDisk, fileSystem }, { topicExists: true });
    expect(await next.committed('g')).toEqual(['0: 7 m', '2: 9']);
  });

  it('B1 is durable: until then nobody is told, and who looks waits too', async () => {
    const fileSystem = new FaultyFileSystem();
    const { client, kafkaPort, topicId, commit } = await offsetsScene({ ...onDisk, fileSystem });
    await commit('g', [part(0, 1)]);
    const hold = fileSystem.hold('write', groupsLog);
    const other = await RawClient.connect(kafkaPort);
    client.send(offsetCommit, 9, { ...outsider('g'), topics: [{ name: 't', topicId, partitions: [part(0, 2)] }] });
    await hold.reached;
    const looking = other.ask(offsetFetch, 9, { groups: [{ groupId: 'g', topics: null }] });
    const told: string[] = [];
    void looking.then(() => told.push('look'));
    const answer = client.nextFrame().then(() => told.push('commit'));
    // Something that waits for no disk comes back first, over the same loop.
    await (await RawClient.connect(kafkaPort)).ask(offsetFetch, 9, { groups: [{ groupId: 'other', topics: null }] });
    expect(told).toEqual([]);
    hold.release();
    await answer;
    expect((await looking).groups[0]!.topics[0]!.partitions).toMatchObject([{ committedOffset: 2 }]);
  });

  it('B1 is an error that makes clients look for the coordinator again, where the disk is full', async () => {
    const fileSystem = new FaultyFileSystem();
    const { commit, committed } = await offsetsScene({ ...onDisk, fileSystem });
    await commit('g', [part(0, 1)]);
    fileSystem.fail({ operation: 'write', code: 'ENOSPC', path: groupsLog, times: 1000 });
    expect(await commit('g', [part(0, 2), part(1, 2), part(9, 2)])).toEqual([16, 16, 3]);
    fileSystem.faults.clear();
    expect(await committed('g')).toEqual(['0: 1']);
  });
});
