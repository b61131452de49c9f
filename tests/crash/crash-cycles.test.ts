import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CrashRun } from './crash-run.ts';
import { run } from './kill-rig.ts';

// A few of the 200 that `pnpm prove` makes. More: CRASH_CYCLES=200 CRASH_SECONDS=600 pnpm test tests/crash. A failure
// prints its seed: CRASH_SEED=… makes the same choices again, though not at the same moments, which are the operating
// system's.
const cycles = Number(process.env['CRASH_CYCLES'] ?? 12);
const secondsMax = Number(process.env['CRASH_SECONDS'] ?? 15);
const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const timeoutMs = (secondsMax + 120) * 1000;

describe(`SIGKILL under load, seed ${seed}`, () => {
  it(
    `B2 S2 P4 loses, repeats and moves nothing that was acknowledged, over ${cycles} kills or ${secondsMax} s of them`,
    async () => {
      const report = await run({ cycles, seed, secondsMax });
      expect(report.failures).toEqual([]);
      expect(report.notes!['records acknowledged']).toBeGreaterThan(report.runs);
    },
    timeoutMs,
  );

  it(
    'the rig notices when acknowledged bytes are cut off a log',
    async () => {
      await using folder = await CrashRun.start(seed);
      // Half of a log of a few records may be records that nobody was told of.
      while (folder.history.acknowledgedCount < 1000) await folder.crash();
      await folder.killIdle();
      await cutLongestLog(folder.dataDir);
      await folder.restart();
      // Either the broker serves less than it acknowledged, or it refuses to serve what it knows to be damaged.
      const verdict = await folder.check().catch((error: unknown) => [error]);
      expect(verdict).not.toEqual([]);
    },
    timeoutMs,
  );
});

/**
 * What a disk does that confirms syncs it never made: the second half of the topic's longest segment is gone. A half,
 * because the very last batch may be one whose acknowledgement the crash cut off.
 */
async function cutLongestLog(dataDir: string): Promise<void> {
  const names = await readdir(dataDir, { recursive: true });
  const logs = names.filter((name) => /(^|\/)crash-\d+\/\d{20}\.log$/.test(name)).map((name) => join(dataDir, name));
  const sizes = await Promise.all(logs.map(async (path) => ({ path, bytes: (await stat(path)).size })));
  const longest = sizes.toSorted((a, b) => b.bytes - a.bytes)[0]!;
  await truncate(longest.path, longest.bytes >> 1);
}
