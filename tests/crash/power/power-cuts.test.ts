import { describe, expect, it } from 'vitest';
import { run } from './power-rig.ts';

// A few of the 1,000 that `pnpm prove` makes. More: POWER_CUTS=30000 POWER_SECONDS=3600 pnpm test tests/crash/power.
// The same seed makes the same choices, at other moments.
const cuts = Number(process.env['POWER_CUTS'] ?? 50);
const secondsMax = Number(process.env['POWER_SECONDS'] ?? 12);
const seed = Number(process.env['POWER_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe(`power cuts on a real disk, seed ${seed}`, () => {
  it(
    `B2 S2 P4 takes nothing that was acknowledged, over ${cuts} cuts or ${secondsMax} s of them`,
    async (context) => {
      const report = await run({ cuts, seed, secondsMax });
      const skipped = report.notes?.['skipped'];
      if (skipped !== undefined) {
        console.warn(`no power is cut here: ${skipped}`);
        return context.skip(String(skipped));
      }
      expect(report.failures).toEqual([]);
      expect(report.notes!['records acknowledged']).toBeGreaterThan(report.runs);
    },
    (secondsMax + 60) * 1000,
  );
});
