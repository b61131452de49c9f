import { defaultLogConfig, openDirectoryStore } from '@q/storage';
import type { LogStore, StorageLimits } from '@q/storage';
import { FaultyFileSystem, ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { append, batch, contents, errorWith, numbered, orders } from '../conformance/harness.ts';

interface Rig {
  readonly disk: FaultyFileSystem;
  readonly clock: ManualClock;
  readonly store: LogStore;
  readonly errors: string[];
}

async function rig(
  o: { storageBytesMax?: number; capacityBytes?: number; limits?: Partial<StorageLimits> } = {},
): Promise<Rig> {
  const clock = new ManualClock();
  const disk = new FaultyFileSystem({
    clock,
    ...(o.capacityBytes === undefined ? {} : { capacityBytes: o.capacityBytes }),
  });
  const errors: string[] = [];
  const store = await openDirectoryStore({
    directory: '/data',
    fileSystem: disk,
    clock,
    ...(o.storageBytesMax === undefined ? {} : { storageBytesMax: o.storageBytesMax, whenFull: 'drop-oldest' }),
    ...(o.limits === undefined ? {} : { limits: o.limits }),
    log: { info: () => {}, warn: () => {}, error: (_fields, message) => void errors.push(message) },
    onFatal: (error) => {
      throw error;
    },
  });
  return { disk, clock, store, errors };
}

const config = { ...defaultLogConfig, segmentBytes: 300, retentionMs: -1, fileDeleteDelayMs: 0 };
const compacted = { ...config, cleanupPolicy: { delete: false, compact: true }, minCleanableDirtyRatio: 0 };

describe('maintainLogs', () => {
  it('S4 counts the files that it removes of all logs, however many are at it at once', async () => {
    const { store, disk } = await rig();
    const kept = { ...config, fileDeleteDelayMs: 0, retentionMs: -1, retentionBytes: -1 };
    for (const partition of [0, 1, 2, 3, 4]) {
      const log = await store.open({ ...orders, partition }, kept);
      for (const text of numbered(12)) await append(log, [text.padEnd(60)]);
      // Set aside by one round, removed by the next.
      if (partition < 3) log.updateConfig({ ...kept, retentionBytes: 300 });
    }
    await store.maintain();
    const folders = await Promise.all(
      [0, 1, 2, 3, 4].map((partition) => disk.readDirectory(`/data/orders-${partition}`)),
    );
    const setAside = folders.flat().filter((name) => name.endsWith('.deleted')).length;
    expect(setAside).toBeGreaterThan(3);
    expect((await store.maintain()).filesRemoved).toBe(setAside);
  });

  it('S4 reports a log in trouble, and does the work of the others', async () => {
    const { disk, store, errors } = await rig({ limits: { tailCacheBytes: 0 } });
    const [broken, sound] = [
      await store.open(orders, compacted),
      await store.open({ ...orders, partition: 1 }, compacted),
    ];
    for (const log of [broken, sound]) {
      for (const text of numbered(12)) await append(log, [`k=${text}`]);
    }
    await disk.damage('/data/orders-0/00000000000000000000.log', (bytes) => bytes.fill(0x55, 100, 110));
    const report = await store.maintain();
    expect({ ...report, errors }).toMatchObject({ logsCompacted: 1, logsFailed: 1, errors: [expect.any(String)] });
    // Compaction does not carry damage on, nor does it drop what it cannot read.
    expect(broken.bytes).toBeGreaterThan(sound.bytes);
    expect((await disk.readDirectory('/data/orders-0')).filter((name) => /\.(cleaned|swap)$/.test(name))).toEqual([]);
    await store.close();
  });

  it('S2 S4 keeps what retention lets go until that could be saved', async () => {
    const { disk, store } = await rig();
    const log = await store.open(orders, { ...config, retentionBytes: 600 });
    for (const text of numbered(12)) await append(log, [text.padEnd(60)]);
    disk.fail({ operation: 'create', code: 'ENOSPC', path: /start-offset/ });
    await expect(store.maintain()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(log.logStartOffset).toBe(0);
    expect(await contents(log)).toHaveLength(12);
    expect((await store.maintain()).segmentsDeleted).toBeGreaterThan(0);
    expect(log.logStartOffset).toBeGreaterThan(0);
    await store.close();
  });

  it('S4 drops the oldest at once when the cap is passed, without waiting for a round', async () => {
    const { clock, store } = await rig({ storageBytesMax: 2_000 });
    const log = await store.open(orders, config);
    for (const text of numbered(60)) {
      await append(log, [text.padEnd(60)]);
      await clock.advance(1);
    }
    expect(store.bytes).toBeLessThanOrEqual(2_000);
    expect(log.logStartOffset).toBeGreaterThan(40);
    expect((await contents(log)).at(-1)).toBe(`59:${'v59'.padEnd(60)}`);
    await store.close();
  });

  it('S4 refuses appends when the disk runs low, and takes them again when it does not', async () => {
    const { disk, store } = await rig({ capacityBytes: 100_000, limits: { diskReserveBytes: 4_000 } });
    const log = await store.open(orders, config);
    await append(log, ['fits']);
    const filler = await disk.open('/filler', 'create');
    await filler.write([Buffer.alloc(100_000 - disk.usedBytes - 4_100)], 0);
    await store.maintain();
    expect(() => log.append(batch(['x'.repeat(200)]), { leaderEpoch: 0 })).toThrow(
      errorWith('STORAGE_FULL', { limit: 'diskReserveBytes' }),
    );
    expect(await contents(log)).toEqual(['0:fits']);
    await filler.truncate(0);
    await store.maintain();
    await append(log, ['x'.repeat(200)]);
    await store.close();
  });

  it('S4 removes set-aside files after file.delete.delay.ms, not before', async () => {
    const { disk, clock, store } = await rig();
    const log = await store.open(orders, { ...config, fileDeleteDelayMs: 1_000, retentionBytes: 0 });
    for (const text of numbered(12)) await append(log, [text]);
    const deleted = async (): Promise<number> =>
      (await disk.readDirectory('/data/orders-0')).filter((name) => name.endsWith('.deleted')).length;
    await store.maintain();
    const waiting = await deleted();
    expect(waiting).toBeGreaterThan(0);
    await clock.advance(999);
    await store.maintain();
    expect(await deleted()).toBe(waiting);
    await clock.advance(1);
    expect((await store.maintain()).filesRemoved).toBe(waiting);
    expect(await deleted()).toBe(0);
    await store.close();
  });

  it('S1 S4 saves the indexes of rewritten segments, so that a restart need not make them again', async () => {
    const { disk, clock, store } = await rig({ limits: { tailCacheBytes: 0 } });
    const log = await store.open(orders, { ...compacted, indexIntervalBytes: 1 });
    for (const [index, text] of numbered(40).entries())
      await append(log, [`k${index % 9}=${text}`], { timestampMs: clock.now() + index });
    await store.maintain();
    const before = await contents(log);
    const names = await disk.readDirectory('/data/orders-0');
    expect(names).toEqual(
      expect.arrayContaining(['log', 'index', 'timeindex'].map((kind) => `00000000000000000000.${kind}`)),
    );
    await store.close();
    const again = await openDirectoryStore({
      directory: '/data',
      fileSystem: disk,
      clock,
      limits: { tailCacheBytes: 0 },
      onFatal: () => {},
    });
    expect(await contents(await again.open(orders, compacted))).toEqual(before);
    await again.close();
  });

  it('B6 ends a compaction that is under way when the store is closed', async () => {
    const { disk, store } = await rig({ limits: { tailCacheBytes: 0, readBlockBytes: 4_096 } });
    const log = await store.open(orders, { ...compacted, segmentBytes: 8_192 });
    for (const text of numbered(60)) await append(log, [`k=${text.padEnd(500)}`]);
    const hold = disk.hold('write', /cleaned$/);
    const maintaining = store.maintain();
    await hold.reached;
    const closing = store.close();
    hold.release();
    await Promise.all([maintaining, closing]);
    expect((await disk.readDirectory('/data')).includes('.clean-shutdown')).toBe(true);
  });
});
