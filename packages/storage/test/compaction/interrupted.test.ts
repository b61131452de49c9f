import { defaultLogConfig } from '@q/storage';
import type { LogConfig } from '@q/storage';
import { expect, it } from 'vitest';
import { append, contents, orders } from '../conformance/harness.ts';
import { crashAtEveryStep } from '../crash-points.ts';

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
