import { expect, it } from 'vitest';
import { append, contents } from '../conformance/harness.ts';
import { DiskUnderTest } from '../fixtures.ts';

it('S4 C1 a reader comes over a gap at the end of a compacted segment into the one that was never compacted', async () => {
  const config = { segmentBytes: 1, minCleanableDirtyRatio: 0, cleanupPolicy: { delete: false, compact: true } };
  const under = await DiskUnderTest.start({ tailCacheBytes: 0 });
  const log = await under.open(config);
  for (const text of ['a=1', 'b=1', 'b=2', 'c=1']) await append(log, [text]);
  await under.store.maintain();
  expect(await contents(log)).toEqual(['0:a=1', '2:b=2', '3:c=1']);
  expect(await contents(log, { fromOffset: 1 })).toEqual(['2:b=2', '3:c=1']);
});
