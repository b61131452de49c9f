import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeLogDirs } from '../../src/messages/describe-log-dirs.ts';
import { listPartitionReassignments } from '../../src/messages/list-partition-reassignments.ts';
import { fetchFrom, partitionsOf, put, stage } from '../fetching.ts';

describe('DescribeLogDirs', () => {
  it('B1 tells in every version how many bytes each partition takes, of the topics that are asked for', async () => {
    const { q, client, topicId } = await stage({ partitions: 2 });
    await put(q, ['a', 'b'.repeat(500)], { partition: 1 });
    const fetched = await fetchFrom(client, [{ topicId, partition: 1 }]);
    const partitionSize = Buffer.concat(partitionsOf(fetched)[0]!.records!).length;
    for (let version = 1; version <= 5; version += 1) {
      const topics = [
        { topic: 'orders', partitions: [0, 1, 7] },
        { topic: 'other', partitions: [0] },
      ];
      const { errorCode, results } = await client.ask(describeLogDirs, version, { topics });
      expect(errorCode).toBe(0);
      expect(results).toEqual([
        {
          errorCode: 0,
          logDir: '/memory',
          topics: [
            {
              name: 'orders',
              partitions: [
                { partitionIndex: 0, partitionSize: 0, offsetLag: 0, isFutureKey: false },
                { partitionIndex: 1, partitionSize, offsetLag: 0, isFutureKey: false },
              ],
            },
          ],
          totalBytes: -1,
          usableBytes: -1,
          isCordoned: false,
        },
      ]);
    }
    expect((await client.ask(describeLogDirs, 5, { topics: [] })).results).toMatchObject([{ topics: [] }]);
    const all = await client.ask(describeLogDirs, 5, { topics: null });
    expect(all.results[0]!.topics.map(({ name }) => name).toSorted()).toEqual(['__metadata', 'orders']);
  });

  it('B1 names the folder, and what its disk has in all and has left', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'q-log-dirs-'));
    onTestFinished(() => rm(dataDir, { recursive: true }));
    const { client } = await stage({ storage: 'file', dataDir });
    const [folder] = (await client.ask(describeLogDirs, 4, { topics: [] })).results;
    expect(folder!.logDir).toBe(dataDir);
    expect(folder!.totalBytes).toBeGreaterThanOrEqual(folder!.usableBytes);
    expect(folder!.usableBytes).toBeGreaterThan(0);
  });
});

describe('ListPartitionReassignments', () => {
  it('B1 has none', async () => {
    const { client } = await stage();
    for (const topics of [null, [{ name: 'orders', partitionIndexes: [0] }]]) {
      expect(await client.ask(listPartitionReassignments, 0, { timeoutMs: 1000, topics })).toEqual({
        throttleTimeMs: 0,
        errorCode: 0,
        errorMessage: null,
        topics: [],
      });
    }
  });
});
