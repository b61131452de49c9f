import type { PartitionLog } from '@q/storage';
import { SeededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { append, contents } from '../conformance/harness.ts';
import { DiskUnderTest } from '../fixtures.ts';

const config = {
  segmentBytes: 400,
  minCleanableDirtyRatio: 0,
  cleanupPolicy: { delete: false, compact: true },
  fileDeleteDelayMs: 0,
};

/** Asks what can be read from each offset on, both ways. Returns how often the log did not know for certain. */
async function compare(log: PartitionLog): Promise<number> {
  const all = await contents(log);
  let inexact = 0;
  for (let offset = log.logStartOffset; offset <= log.highWatermark; offset += 1) {
    const readable = all.filter((line) => Number(line.split(':')[0]) >= offset).length;
    const { records, isExact } = log.recordsFrom(offset);
    if (isExact) expect({ offset, records }).toEqual({ offset, records: readable });
    else expect(records).toBeGreaterThanOrEqual(readable);
    if (!isExact) inexact += 1;
  }
  return inexact;
}

describe('recordsFrom', () => {
  it('S4 T2 counts what compaction has left, and after a restart says that it does not know until it has counted', async () => {
    const under = await DiskUnderTest.start();
    let log = await under.open(config);
    for (let count = 0; count < 60; count += 1) await append(log, [`k${count % 3}=${count}`, `l${count % 2}=${count}`]);
    expect(log.recordsFrom(0)).toEqual({ records: 120, isExact: true });
    await under.store.maintain();
    const readable = (await contents(log)).length;
    expect(readable).toBeLessThan(30);
    expect(log.recordsFrom(0)).toEqual({ records: readable, isExact: true });

    await under.store.close();
    await under.reopen();
    log = await under.open(config);
    expect(log.recordsFrom(0)).toEqual({ records: 120, isExact: false });
    // Nothing of it is dirty, so no compaction comes by.
    await under.store.maintain();
    expect(log.recordsFrom(0)).toEqual({ records: readable, isExact: true });
    await under.store.close();
  });

  it('S4 T2 reads no more in a round than it may, and comes to the end', async () => {
    const under = await DiskUnderTest.start({ limits: { countBytesPerRoundMax: 1 } });
    let log = await under.open(config);
    for (let count = 0; count < 30; count += 1) await append(log, [`k${count}=${'v'.repeat(100)}`]);
    await under.store.maintain();
    await under.store.close();
    await under.reopen();
    log = await under.open(config);
    const { segments } = log.describe();
    let rounds = 0;
    for (; !log.recordsFrom(0).isExact; rounds += 1) await under.store.maintain();
    expect(rounds).toBe(segments);
    await under.store.close();
  });

  it('S4 T2 never says fewer than can be read, whatever happened to the log', async () => {
    let inexact = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = new SeededRandom(seed);
      const under = await DiskUnderTest.start(random.chance(0.5) ? { limits: { tailCacheBytes: 0 } } : {});
      let log = await under.open(config);
      for (let step = 0; step < 40; step += 1) {
        const what = random.next();
        if (what < 0.6)
          await append(log, [`k${random.below(4)}=${step}`, `l${random.below(9)}=${'v'.repeat(random.below(80))}`]);
        else if (what < 0.75) await under.store.maintain();
        else if (what < 0.8)
          await log.deleteBefore(log.logStartOffset + random.below(log.highWatermark - log.logStartOffset + 1));
        else if (what < 0.9) {
          if (random.chance(0.5)) await under.store.close();
          if (random.chance(0.5)) await under.crash();
          else await under.kill();
          log = await under.open(config);
        }
        inexact += await compare(log);
      }
      await under.store.close();
    }
    expect(inexact).toBeGreaterThan(0);
  });
});
