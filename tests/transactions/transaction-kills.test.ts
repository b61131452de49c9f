import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { run } from './transaction-kill-rig.ts';
import { TransactionKillRun } from './transaction-kill-run.ts';

// A few of the 100 that `pnpm prove` makes; seeds as in tests/crash.
const cycles = Number(process.env['CRASH_CYCLES'] ?? 4);
const secondsMax = Number(process.env['CRASH_SECONDS'] ?? 20);
const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const timeoutMs = (secondsMax + 180) * 1000;
const cyclesUntilNoticed = 6;

describe(`SIGKILL under transactions, seed ${seed}`, () => {
  it(
    `X1 X2 are atomic, isolated and exactly once over ${cycles} kills or ${secondsMax} s of them`,
    async () => {
      const report = await run({ cycles, seed, secondsMax });
      expect(report.failures).toEqual([]);
      expect(report.notes!['answered with a commit']).toBeGreaterThan(report.runs);
    },
    timeoutMs,
  );

  it(
    'the rig notices a broker that shows what is not committed yet',
    async () => {
      vi.stubEnv('PLANTED_BUG', 'the last stable offset is the high watermark');
      onTestFinished(() => void vi.unstubAllEnvs());
      const loader = new URL('../planted/planted-loader.ts', import.meta.url).href;
      await using folder = await TransactionKillRun.start(seed, { nodeFlags: ['--import', loader] });
      let verdict: unknown[] = [];
      for (let cycle = 0; cycle < cyclesUntilNoticed && verdict.length === 0; cycle += 1) {
        await folder.crash();
        verdict = await folder.check().catch((error: unknown) => [error]);
      }
      expect(verdict).not.toEqual([]);
    },
    timeoutMs,
  );
});
