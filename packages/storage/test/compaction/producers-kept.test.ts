import { expect, it } from 'vitest';
import { append, batch, contents } from '../conformance/harness.ts';
import { DiskUnderTest } from '../fixtures.ts';

it('P4 S4 a batch that is sent again after a crash is recognised, although compaction took the one behind it', async () => {
  const config = { segmentBytes: 1, minCleanableDirtyRatio: 0, cleanupPolicy: { delete: false, compact: true } };
  const under = await DiskUnderTest.start();
  const log = await under.open(config);
  const shape = (baseSequence: number): { producerId: number; baseSequence: number } => ({
    producerId: 7,
    baseSequence,
  });
  await append(log, ['a=1'], shape(0));
  await append(log, ['b=1'], shape(1));
  await append(log, ['b=2'], shape(2));
  await append(log, ['c=1']);
  expect(await under.store.maintain()).toMatchObject({ logsCompacted: 1 });
  expect(await contents(log)).toEqual(['0:a=1', '2:b=2', '3:c=1']);
  await under.crash('all');
  const again = await under.open(config);
  expect(again.append(batch(['a=1'], shape(0)), { leaderEpoch: 0 })).toMatchObject({ duplicate: true, baseOffset: 0 });
});
