import { describe, expect, it } from 'vitest';
import { deleteRecords } from '../../src/messages/delete-records.ts';
import { fetchFrom, put, stage, valuesOf } from '../fetching.ts';

describe('DeleteRecords', () => {
  it('B1 moves the start up in every version, never down, and says where it is', async () => {
    const { q, client, topicId } = await stage();
    await put(q, ['a', 'b', 'c', 'd', 'e']);
    const trim = async (offset: number, { version = 2, name = 'orders', partitionIndex = 0 } = {}) => {
      const topics = [{ name, partitions: [{ partitionIndex, offset }] }];
      const { lowWatermark, errorCode } = (await client.ask(deleteRecords, version, { topics, timeoutMs: 1000 }))
        .topics[0]!.partitions[0]!;
      return [lowWatermark, errorCode];
    };
    for (const version of [0, 1, 2]) expect(await trim(version + 1, { version })).toEqual([version + 1, 0]);
    expect(await trim(0)).toEqual([3, 0]);
    expect(valuesOf(await fetchFrom(client, [{ topicId, fetchOffset: 3 }]))).toEqual(['d', 'e']);
    expect(await trim(6)).toEqual([-1, 1]);
    expect(await trim(-2)).toEqual([-1, 1]);
    expect(await trim(Number.MAX_SAFE_INTEGER)).toEqual([-1, 1]);
    expect(await trim(-1)).toEqual([5, 0]);
    expect(await trim(0, { partitionIndex: 1 })).toEqual([-1, 3]);
    expect(await trim(0, { name: 'other' })).toEqual([-1, 3]);
    expect(await trim(0, { name: '__metadata' })).toEqual([-1, 17]);
    await q.admin.createTopic('newest', { config: { 'cleanup.policy': 'compact' } });
    expect(await trim(0, { name: 'newest' })).toEqual([-1, 44]);
  });
});
