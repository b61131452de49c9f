import { expect, it } from 'vitest';
import { shareOfDay } from '../share-of-day.ts';
import { mountSmallDisk, run } from './full-disk-rig.ts';
import { run as runStarts } from './full-disk-start-rig.ts';

const given = process.env['FULL_DISKS'];
const count = Number(given ?? 1);

// One of the two, the other one tomorrow; `pnpm prove` has both. Both here: FULL_DISKS=1.
const kinds = given === undefined ? shareOfDay(['writes', 'starts'], 2) : ['writes', 'starts'];

it.runIf(kinds.includes('writes'))(
  'S2 B8 a full disk: writes are refused, reads are served, and it goes on by itself when there is room',
  { timeout: 60_000 + count * 30_000 },
  async ({ skip }) => {
    const disk = await mountSmallDisk();
    if ('reason' in disk) return skip(disk.reason);
    try {
      const report = await run({ count, path: disk.path });
      expect(report.failures).toEqual([]);
      expect(report.runs).toBe(count);
    } finally {
      await disk.unmount();
    }
  },
);

it.runIf(kinds.includes('starts'))(
  'S2 B8 a start on a full disk, after a kill: everything is served, records are deleted, and it goes on when there is room',
  { timeout: 60_000 + count * 30_000 },
  async ({ skip }) => {
    const disk = await mountSmallDisk();
    if ('reason' in disk) return skip(disk.reason);
    try {
      const report = await runStarts({
        count: 2 * count,
        path: disk.path,
        seed: Number(process.env['FULL_DISK_SEED'] ?? 1),
      });
      expect(report.failures).toEqual([]);
      expect(report.runs).toBe(2 * count);
    } finally {
      await disk.unmount();
    }
  },
);
