import { describe, expect, it } from 'vitest';
import { append, contents, errorWith } from '../conformance/harness.ts';
import { DiskUnderTest } from '../fixtures.ts';

const config = { segmentBytes: 2_000, retentionMs: -1 };

/**
 * A log of ten segments or so on a disk that is full to the last byte; no file goes before a minute is over, as it is
 * by default.
 */
async function full(
  o: { journal?: boolean } = {},
): Promise<{ under: DiskUnderTest; log: Awaited<ReturnType<DiskUnderTest['open']>> }> {
  const under = await DiskUnderTest.start({
    limits: {
      journalFiles: o.journal ? 2 : 0,
      journalFileBytes: 16_384,
      journalPieceBytesMax: 4_096,
      journalMissesBefore: 0,
      diskReserveBytes: 4_096,
      reserveFileBytes: 65_536,
    },
  });
  under.disk.capacityBytes = 1 << 30;
  const log = await under.open(config);
  for (let index = 0; index < 60; index += 1) await append(log, [`${index} `.padEnd(300)]);
  await under.store.maintain();
  under.disk.capacityBytes = under.disk.usedBytes;
  await under.store.maintain();
  await expect(async () => append(log, ['x'])).rejects.toEqual(errorWith('STORAGE_FULL'));
  return { under, log };
}

const logBytes = async ({ disk }: DiskUnderTest): Promise<number> => {
  let bytes = 0;
  for (const name of await disk.readDirectory('/data/orders-0'))
    if (name.includes('.log')) bytes += (await disk.stat(`/data/orders-0/${name}`)).sizeBytes;
  return bytes;
};

describe('a full disk', () => {
  it.each([false, true])(
    'Q2 S2 deleting records gives their room back at once, and appends are taken at once (journal: %s)',
    async (journal) => {
      const { under, log } = await full({ journal });
      const usedBefore = under.disk.usedBytes;
      const bytesBefore = log.diskBytes;
      await log.deleteBefore(50);
      expect(usedBefore - under.disk.usedBytes).toBeGreaterThan(0.8 * (bytesBefore - log.diskBytes));
      expect((await under.names()).filter((name) => name.endsWith('.deleted'))).toEqual([]);
      expect(log.diskBytes).toBe(await logBytes(under));
      await append(log, ['y']);
      await under.crash('all');
      const again = await under.open(config);
      expect((await contents(again)).at(-1)).toBe('60:y');
      expect(again.logStartOffset).toBe(50);
    },
  );

  it.each([false, true])(
    'S4 S2 retention lets go, and gives the room back in the same round (journal: %s)',
    async (journal) => {
      const { under, log } = await full({ journal });
      log.updateConfig({ ...log.config, retentionBytes: 4_000 });
      const report = await under.store.maintain();
      expect([report.segmentsDeleted > 5, report.logsFailed]).toEqual([true, 0]);
      expect((await under.names()).filter((name) => name.endsWith('.deleted'))).toEqual([]);
      await append(log, ['y']);
      await under.kill();
      expect((await contents(await under.open(config))).at(-1)).toBe('60:y');
    },
  );

  it('S4 S2 as long as there is room, files of segments that went wait, and count as bytes on the disk', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open(config);
    for (let index = 0; index < 30; index += 1) await append(log, [`${index} `.padEnd(300)]);
    const before = log.diskBytes;
    log.updateConfig({ ...log.config, retentionBytes: 4_000 });
    await under.store.maintain();
    expect([log.bytes < before, log.diskBytes]).toEqual([true, before]);
    expect(log.diskBytes).toBe(await logBytes(under));
    await under.clock.advance(log.config.fileDeleteDelayMs);
    await under.store.maintain();
    expect(log.diskBytes).toBe(log.bytes);
    expect(log.diskBytes).toBe(await logBytes(under));
  });

  it('S2 deleting a log gives its room back', async () => {
    const { under, log } = await full();
    const { usedBytes } = under.disk;
    const { diskBytes } = log;
    await under.store.delete(log.id);
    expect(usedBytes - under.disk.usedBytes).toBeGreaterThanOrEqual(diskBytes);
    await append(await under.open({}, 1), ['z']);
  });

  it('S2 room that somebody else makes is seen with the first append that is refused, not with the next round of maintenance', async () => {
    const { under, log } = await full();
    under.disk.capacityBytes += 1 << 20;
    await expect(async () => append(log, ['x'])).rejects.toEqual(errorWith('STORAGE_FULL'));
    await new Promise<void>((resolve) => void setImmediate(resolve));
    await append(log, ['y']);
  });
});
