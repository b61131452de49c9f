import { expect, it } from 'vitest';
import { run } from './recovery-rig.ts';

it('says so where the disk has no room, and counts no run', async () => {
  const report = await run({ gib: 2 ** 30 });
  expect(report).toMatchObject({
    rig: 'recovery',
    runs: 0,
    failures: [],
    notes: { skipped: expect.stringContaining('no room') },
  });
});
