import { defaultLogConfig, openDirectoryStore } from '@q/storage';
import type { LogConfig, LogStore, PartitionLog } from '@q/storage';
import { FaultyFileSystem, ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { append, contents, orders } from '../conformance/harness.ts';

const config: LogConfig = {
  ...defaultLogConfig,
  segmentBytes: 700,
  indexIntervalBytes: 1,
  retentionMs: -1,
  cleanupPolicy: { delete: false, compact: true },
  minCleanableDirtyRatio: 0,
};

interface Rig {
  readonly disk: FaultyFileSystem;
  readonly store: LogStore;
  readonly log: PartitionLog;
  readonly fatal: unknown[];
}

/** A log with something to compact; reads go to the files. */
async function rig(): Promise<Rig> {
  const disk = new FaultyFileSystem();
  const fatal: unknown[] = [];
  const store = await openDirectoryStore({
    directory: '/data',
    fileSystem: disk,
    clock: new ManualClock(),
    limits: { tailCacheBytes: 0 },
    onFatal: (error) => void fatal.push(error),
  });
  const log = await store.open(orders, config);
  for (let i = 0; i < 60; i++)
    await append(log, [`k${i % 11}=v${i}`.padEnd(10 + ((i * 7) % 50), '.')], { timestampMs: 1_000 + i });
  return { disk, store, log, fatal };
}

describe('putInPlace', () => {
  const moments: [string, 'rename' | 'syncDirectory' | 'write', RegExp][] = [
    ['before the sources are set aside', 'rename', /0{20}\.log$/],
    ['while the sources are set aside', 'rename', /[1-9]\d*\.log$/],
    ['before the new file has its name', 'rename', /\.log\.swap$/],
    ['before its indexes are saved', 'write', /0{20}\.index$/],
  ];

  it.each(moments)('S4 a read that comes %s gets the right records', async (_name, operation, path) => {
    const { disk, store, log } = await rig();
    const before = await contents(log);
    const latest = before.slice(-11);
    const hold = disk.hold(operation, path);
    const maintaining = store.maintain();
    await hold.reached;
    const reads = [0, 3, 17, 30, 48].map(async (fromOffset) => ({
      fromOffset,
      found: await contents(log, { fromOffset, maxBytes: 200 }),
    }));
    const times = [1_000, 1_020, 1_048].map((timestampMs) => log.offsetForTimestamp(timestampMs));
    await new Promise((resolve) => void setImmediate(resolve));
    hold.release();
    await maintaining;
    for (const { fromOffset, found } of await Promise.all(reads)) {
      // Before or after: never anything but stored records, and the latest of every key among them.
      expect(before).toEqual(expect.arrayContaining(found));
      expect(found).toEqual(expect.arrayContaining(latest.filter((text) => Number(text.split(':')[0]) >= fromOffset)));
    }
    for (const found of await Promise.all(times))
      expect(before.map((text) => Number(text.split(':')[0]))).toContain(found?.offset);
    await store.close();
  });

  it('S2 goes on without index files where there is no descriptor for them', async () => {
    const { disk, store, log, fatal } = await rig();
    const latest = (await contents(log)).slice(-11);
    const hold = disk.hold('rename', /\.log\.swap$/);
    const maintaining = store.maintain();
    await hold.reached;
    disk.fail({ operation: 'create', path: /0{20}\.index$/, code: 'EMFILE' });
    hold.release();
    expect((await maintaining).logsFailed).toBe(0);
    expect(fatal).toEqual([]);
    expect((await disk.readDirectory('/data/orders-0')).includes('00000000000000000000.index')).toBe(false);
    expect(await contents(log)).toEqual(expect.arrayContaining(latest));
    await store.close();
    const again = await openDirectoryStore({
      directory: '/data',
      fileSystem: disk,
      clock: new ManualClock(),
      onFatal: (error) => void fatal.push(error),
    });
    expect(await contents(await again.open(orders, config))).toEqual(expect.arrayContaining(latest));
    await again.close();
  });

  it('S2 ends the store when the move fails half-way: only a restart can tell what the disk shows', async () => {
    const { disk, store, log, fatal } = await rig();
    const before = await contents(log);
    disk.fail({ operation: 'rename', path: /\.log\.swap$/, code: 'EIO' });
    expect((await store.maintain()).logsFailed).toBe(1);
    expect(fatal).toEqual([expect.objectContaining({ code: 'STORAGE_FAILED' })]);
    await expect(append(log, ['k0=x'])).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    const fileSystem = await disk.crash();
    const again = await openDirectoryStore({
      directory: '/data',
      fileSystem,
      clock: new ManualClock(),
      onFatal: () => {},
    });
    const found = await contents(await again.open(orders, config));
    expect(before).toEqual(expect.arrayContaining(found));
    expect(found).toEqual(expect.arrayContaining(before.slice(-11)));
    await again.close();
  });

  it('S2 a rewrite that fails leaves the log as it was, and a later one succeeds', async () => {
    const { disk, store, log, fatal } = await rig();
    const before = await contents(log);
    disk.fail({ operation: 'write', path: /\.cleaned$/, code: 'ENOSPC' });
    expect((await store.maintain()).logsFailed).toBe(1);
    expect(await contents(log)).toEqual(before);
    expect((await disk.readDirectory('/data/orders-0')).filter((name) => name.endsWith('.cleaned'))).toEqual([]);
    expect(fatal).toEqual([]);
    expect((await store.maintain()).logsCompacted).toBe(1);
    expect((await contents(log)).length).toBeLessThan(before.length);
    await store.close();
  });

  it('S4 gives way when retention dropped its sources meanwhile', async () => {
    const { disk, store, log } = await rig();
    const before = await contents(log);
    const hold = disk.hold('datasync', /\.cleaned$/);
    const maintaining = store.maintain();
    await hold.reached;
    await log.deleteBefore(log.highWatermark);
    hold.release();
    await maintaining;
    expect([await contents(log), log.logStartOffset]).toEqual([[], before.length]);
    await append(log, ['k0=again']);
    await store.close();
  });
});
