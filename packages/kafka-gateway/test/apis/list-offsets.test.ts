import { describe, expect, it } from 'vitest';
import { listOffsets } from '../../src/messages/list-offsets.ts';
import { put, stage } from '../fetching.ts';
import type { RawClient } from '../harness.ts';

interface Found {
  readonly errorCode: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/** What is answered for one time. */
async function find(
  client: RawClient,
  timestamp: number,
  { version = 11, name = 'orders', partitionIndex = 0, currentLeaderEpoch = -1, isolationLevel = 0 } = {},
): Promise<Found> {
  const { topics } = await client.ask(listOffsets, version, {
    replicaId: -1,
    isolationLevel,
    topics: [{ name, partitions: [{ partitionIndex, currentLeaderEpoch, timestamp }] }],
  });
  const { errorCode, offset, timestamp: found, leaderEpoch } = topics[0]!.partitions[0]!;
  return { errorCode, offset, timestamp: found, leaderEpoch };
}

const nowhere = { errorCode: 0, offset: -1, timestamp: -1, leaderEpoch: -1 };
const unsupported = { ...nowhere, errorCode: 35 };

describe('ListOffsets', () => {
  it('B1 finds the start, the ends and times in every version, within compressed batches, too', async () => {
    const { q, client } = await stage();
    await using producer = q.producer({ compression: 'gzip' });
    const timesMs = [1000, 3000, 2000];
    await producer.sendBatch(
      'orders',
      timesMs.map((timestampMs) => ({ value: 'x', timestampMs })),
    );
    for (let version = 1; version <= 11; version += 1) {
      const leaderEpoch = version < 4 ? -1 : 0;
      const at = (offset: number, timestamp = -1): Found => ({ errorCode: 0, offset, timestamp, leaderEpoch });
      expect(await find(client, -1, { version })).toEqual(at(3));
      expect(await find(client, -1, { version, isolationLevel: version < 2 ? 0 : 1 })).toEqual(at(3));
      expect(await find(client, -2, { version })).toEqual(at(0));
      for (const [timestamp, offset, found] of [
        [0, 0, 1000],
        [1000, 0, 1000],
        [1001, 1, 3000],
        [3000, 1, 3000],
      ] as const) {
        expect(await find(client, timestamp, { version }), `v${version} ${timestamp}`).toEqual(at(offset, found));
      }
      for (const late of [3001, Number.MAX_SAFE_INTEGER])
        expect(await find(client, late, { version })).toEqual(nowhere);
    }
  });

  it('B1 knows each special time from the version on that has it', async () => {
    const { q, client } = await stage();
    await using producer = q.producer();
    await producer.sendBatch(
      'orders',
      [5, 7, 6].map((timestampMs) => ({ value: 'x', timestampMs })),
    );
    const [start, latest] = [0, 1].map((offset) => ({
      errorCode: 0,
      offset,
      timestamp: offset * 8 - 1,
      leaderEpoch: 0,
    }));
    const cases: readonly (readonly [number, number, Found])[] = [
      [-3, 7, latest!],
      [-4, 8, start!],
      [-5, 9, nowhere],
      [-6, 11, nowhere],
    ];
    for (const [time, since, found] of cases) {
      expect(await find(client, time, { version: since })).toEqual(found);
      expect(await find(client, time, { version: since - 1 })).toEqual(unsupported);
    }
    for (const time of [-7, -8, -(2 ** 40)]) expect(await find(client, time)).toEqual(unsupported);
  });

  it('B1 finds no latest time and no time in an empty partition, whose ends are both where the next record comes', async () => {
    const { client } = await stage();
    const here = { errorCode: 0, offset: 0, timestamp: -1, leaderEpoch: 0 };
    expect(await find(client, -3)).toEqual(nowhere);
    expect(await find(client, 0)).toEqual(nowhere);
    expect(await find(client, -1)).toEqual(here);
    expect(await find(client, -2)).toEqual(here);
  });

  it('B1 refuses a partition that is named twice, once', async () => {
    const { q, client } = await stage({ partitions: 2 });
    await put(q, ['a']);
    const partitions = [
      { partitionIndex: 0, timestamp: -1 },
      { partitionIndex: 1, timestamp: -1 },
      { partitionIndex: 0, timestamp: -2 },
    ];
    const answer = await client.ask(listOffsets, 11, { replicaId: -1, topics: [{ name: 'orders', partitions }] });
    expect(answer.topics[0]!.partitions).toEqual([
      { partitionIndex: 0, ...nowhere, errorCode: 42 },
      { partitionIndex: 1, errorCode: 0, offset: 0, timestamp: -1, leaderEpoch: 0 },
    ]);
  });

  it('B1 tells what is wrong with each partition', async () => {
    const { client } = await stage();
    expect(await find(client, -1, { name: 'other' })).toEqual({ ...nowhere, errorCode: 3 });
    expect(await find(client, -1, { partitionIndex: 1 })).toEqual({ ...nowhere, errorCode: 3 });
    expect(await find(client, -1, { currentLeaderEpoch: 1 })).toEqual({ ...nowhere, errorCode: 75 });
    expect(await find(client, -1, { isolationLevel: 2 })).toEqual({ ...nowhere, errorCode: -1 });
  });
});
