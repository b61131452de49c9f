import { describe, expect, it } from 'vitest';
import { simulate } from './simulation.ts';
import { run } from './simulation-rig.ts';

// The same seeds every day: a change fails for what it changes, not for the date. New ones are for `pnpm sim --seeds`
// and `pnpm prove`.
const seed = Number(process.env['SIM_SEED'] ?? 1);
const images = Number(process.env['SIM_IMAGES'] ?? 1_500);

describe(`the whole broker and its clients in one process, seed ${seed}`, () => {
  it('takes the same way for the same seed', async () => {
    for (const each of [3, 7]) {
      const [first, second] = [await simulate(each), await simulate(each)];
      expect(second.digest).toBe(first.digest);
      expect(second.trace).toBe(first.trace);
    }
    expect((await simulate(4)).digest).not.toBe((await simulate(3)).digest);
  }, 60_000);

  it(
    `B1 B2 B3 S2 P4 W3 keeps every promise through crashes, power cuts, bad networks and bad disks, over ${images} disks`,
    async () => {
      const report = await run({ images, seed, imagesPerCrash: 80 });
      expect(report.failures).toEqual([]);
      expect(report.notes!['records acknowledged']).toBeGreaterThan(report.notes!['seeds'] as number);
    },
    20 * 60_000,
  );
});
