import { encodeBatch } from '@q/protocol';
import { defaultLogConfig } from '@q/storage';
import { describe, expect, it } from 'vitest';
import type { LocalLog } from '../../src/partition/local-log.ts';
import { DiskUnderTest } from '../fixtures.ts';

const count = 60_000;

/** Large enough that its records are not to be walked in one turn. */
function largeBatch(): Buffer {
  return encodeBatch(
    Array.from({ length: count }, (_, index) => ({ key: `key ${index}`, value: 'v', timestampMs: 1_000 + index })),
    { codec: 'lz4' },
  );
}

/** How often the event loop got its turn during some work. */
async function turnsOf(under: DiskUnderTest, work: () => Promise<unknown>): Promise<number> {
  const { clock } = under;
  const defer = clock.defer.bind(clock);
  let turns = 0;
  clock.defer = (run) => {
    turns += 1;
    defer(run);
  };
  await work();
  clock.defer = defer;
  return turns;
}

describe('a large batch', () => {
  it('C1 B3 is searched for a time while others have their turn', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    await log.append(largeBatch(), { leaderEpoch: 0 }).durable;
    const turns = await turnsOf(under, async () => {
      expect(await log.offsetForTimestamp(1_000 + count - 1)).toEqual({
        offset: count - 1,
        timestampMs: 1_000 + count - 1,
        leaderEpoch: 0,
      });
    });
    expect(turns).toBeGreaterThanOrEqual(7);
  });

  it('C1 B5 is not in memory many times over, however many ask for a time', async () => {
    const under = await DiskUnderTest.start();
    const log = (await under.open()) as LocalLog;
    await log.append(largeBatch(), { leaderEpoch: 0 }).durable;
    const { largeBatches } = log.core.context;
    let [now, most] = [0, 0];
    const run = largeBatches.run.bind(largeBatches);
    largeBatches.run = (work) =>
      run(async () => {
        most = Math.max(most, (now += 1));
        try {
          return await work();
        } finally {
          now -= 1;
        }
      });
    await Promise.all(Array.from({ length: 20 }, () => log.offsetForTimestamp(1_000 + count - 1)));
    expect(most).toBe(2);
  });

  it('S4 B3 is compacted while others have their turn', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open({
      ...defaultLogConfig,
      segmentBytes: 1,
      retentionMs: -1,
      minCleanableDirtyRatio: 0,
      cleanupPolicy: { delete: false, compact: true },
    });
    await log.append(largeBatch(), { leaderEpoch: 0 }).durable;
    await log.append(encodeBatch([{ key: 'key 5', value: 'w' }]), { leaderEpoch: 0 }).durable;
    await log.append(encodeBatch([{ key: 'last', value: 'w' }]), { leaderEpoch: 0 }).durable;
    const turns = await turnsOf(under, async () =>
      expect(await under.store.maintain()).toMatchObject({ logsCompacted: 1 }),
    );
    // Its keys are mapped, its records surveyed and written: each in slices.
    expect(turns).toBeGreaterThanOrEqual(3 * 7);
  });
});
