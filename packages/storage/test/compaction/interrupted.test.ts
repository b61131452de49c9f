import { defaultLogConfig } from '@q/storage';
import type { LogConfig } from '@q/storage';
import { expect, it } from 'vitest';
import { append, contents, orders } from '../conformance/harness.ts';
import { crashAtEveryStep } from '../crash-points.ts';
import { DiskUnderTest } from '../fixtures.ts';

const compacted: LogConfig = {
  ...defaultLogConfig,
  segmentBytes: 1,
  minCleanableDirtyRatio: 0,
  cleanupPolicy: { delete: false, compact: true },
};

it('S2 S4 a log whose first compaction was interrupted is whole, also when it is to be compacted no more', async () => {
  const steps = await crashAtEveryStep({
    facts: () => [] as string[],
    prepare: async (store) => {
      const log = await store.open(orders, compacted);
      for (const text of ['a=1', 'b=1', 'b=2', 'a=2', 'c=1']) await append(log, [text]);
    },
    run: async (store) => void (await store.maintain()),
    check: async (store) => {
      const log = await store.open(orders, defaultLogConfig);
      expect(log.describe().damage).toBeNull();
      expect(await contents(log)).toEqual(expect.arrayContaining(['2:b=2', '3:a=2', '4:c=1']));
    },
  });
  expect(steps).toBeGreaterThan(20);
});

it('S2 S4 a power cut behind the first swap keeps it only with the word that compaction was there', async () => {
  const under = await DiskUnderTest.start();
  const log = await under.open(compacted);
  for (const text of ['a=1', 'b=1', 'b=2', 'a=2', 'c=1']) await append(log, [text]);
  const { disk } = under;
  const swapped = disk.hold('rename', /\.cleaned$/);
  const maintaining = under.store.maintain();
  await swapped.reached;
  // The name of the swap may be kept from now on, and any other that is not synced be lost.
  disk.stopAfter(0, { operation: 'syncDirectory' });
  swapped.release();
  await Promise.race([maintaining, disk.stopped]);
  for (let image = 0; image < 32; image += 1) {
    under.disk = await disk.crash('some');
    await under.reopen();
    const found = await under.open();
    expect(found.describe().damage).toBeNull();
    expect(await contents(found)).toEqual(expect.arrayContaining(['2:b=2', '3:a=2', '4:c=1']));
    await under.store.close();
  }
});
