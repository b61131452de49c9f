import { expect, it } from 'vitest';
import type { Job } from './proof-rigs.ts';
import { schedule } from './schedule.ts';

it('fills the lanes, and lets those alone that must be', async () => {
  const jobs: Job[] = ['a', 'alone 1', 'b', 'c', 'alone 2', 'd'].map((rig) => ({
    rig,
    args: [],
    isAlone: rig.startsWith('alone'),
  }));
  const running = new Set<string>();
  const seen: string[] = [];
  let most = 0;
  const results = await schedule(jobs, {
    lanes: 2,
    run: async ({ rig, isAlone }) => {
      running.add(rig);
      seen.push(rig);
      most = Math.max(most, running.size);
      // Others have their chance to begin beside it.
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
      if (isAlone) expect([...running]).toEqual([rig]);
      running.delete(rig);
      return rig.toUpperCase();
    },
  });
  expect(results).toEqual(jobs.map(({ rig }) => rig.toUpperCase()));
  expect(seen).toEqual(['a', 'b', 'c', 'd', 'alone 1', 'alone 2']);
  expect(most).toBe(2);
});
