import type { StorageLimits } from '@q/storage';
import { expect, it } from 'vitest';
import { DescriptorWatch } from '../../src/background/descriptor-watch.ts';
import { defaultLimits } from '../../src/limits.ts';
import { silentLogger } from '../../src/logger.ts';

function setUp(storageLimits: Partial<StorageLimits> = {}): {
  rounds: (...found: (number | 'none left' | null)[]) => unknown[];
} {
  const calls: unknown[] = [];
  let now: number | 'none left' | null = null;
  const watch = new DescriptorWatch({
    store: {
      limitOpenFiles: ({ openFilesMax, openFilesInUseMax }) => calls.push([openFilesMax, openFilesInUseMax]),
      closeIdleFiles: () => calls.push('idle'),
    },
    limits: defaultLimits,
    storageLimits,
    logger: silentLogger,
    atStart: 1_000,
    look: () => now,
  });
  return {
    rounds(...found) {
      for (now of found) watch.run();
      return calls.splice(0);
    },
  };
}

it('Q2 T3 a lower limit lowers the files that are kept open, once, and the old one gives them back, but no more', () => {
  const { rounds } = setUp();
  expect(rounds(1_000, null)).toEqual([]);
  const [[kept, inUse]] = rounds(170, 170) as [[number, number]];
  expect(kept).toBeGreaterThan(4);
  expect(inUse).toBeLessThan(170 / 2);
  const [[before], [more]] = rounds(1_000, 100_000) as [[number], [number]];
  expect(before).toBeGreaterThan(kept);
  expect(more).toBe(before);
});

it('Q2 T3 a limit below what any broker starts with leaves the files of one operation', () => {
  expect(setUp().rounds(20)).toEqual([[1, 4]]);
});

it('Q2 T3 never more files than were asked for', () => {
  expect(setUp({ openFilesMax: 3, openFilesInUseMax: 5 }).rounds(900)).toEqual([[3, 5]]);
});

it('Q2 T3 without a descriptor to look with, the files that nobody uses are closed', () => {
  expect(setUp().rounds('none left', 1_000)).toEqual(['idle']);
});
