import { defaultLogConfig, MemoryFileSystem, openDirectoryStore } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { append, at, contents, errorWith, numbered, orders } from '../conformance/harness.ts';
import { DiskUnderTest, firstLogFile } from '../fixtures.ts';

const firstFolder = /orders-0$/;

describe('a process without descriptors', () => {
  it('S2 a folder that cannot be opened for its sync fails the append, not the store', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    under.disk.fail({ operation: 'syncDirectory', code: 'EMFILE', path: firstFolder });
    await expect(append(log, ['a'])).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      retriable: true,
      message: expect.stringContaining('open'),
    });
    expect((await under.disk.stat(firstLogFile)).sizeBytes).toBe(0);
    expect(await append(log, ['b'])).toMatchObject({ baseOffset: 0 });
    expect(under.fatal).toEqual([]);
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(['0:b']);
  });

  it('S2 a sync that fails beside it is a failed sync', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    under.disk.fail({ operation: 'syncDirectory', code: 'EMFILE', path: firstFolder });
    under.disk.fail({ operation: 'datasync', code: 'EIO', path: /\.log$/ });
    await expect(append(log, ['a'])).rejects.toEqual(errorWith('STORAGE_FAILED'));
    expect(under.fatal).toHaveLength(1);
  });

  it('S2 what was written under interval is synced later', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open({ durability: 'interval' });
    await append(log, ['a']);
    under.disk.fail({ operation: 'syncDirectory', code: 'ENFILE', path: firstFolder, times: 2 });
    const { syncs } = under.store.stats;
    for (let interval = 0; interval < 3; interval += 1) await under.clock.advance(100);
    expect(under.store.stats.syncs).toBe(syncs + 1);
    expect(under.fatal).toEqual([]);
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(['0:a']);
  });

  it('S2 a checkpoint without a descriptor is made later', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open({ durability: 'os' });
    await append(log, numbered(3));
    under.disk.fail({ operation: 'syncDirectory', code: 'EMFILE', path: firstFolder });
    await expect(log.close()).rejects.toMatchObject({ code: 'STORAGE_FULL', cause: { code: 'EMFILE' } });
    expect(under.fatal).toEqual([]);
    await under.kill();
    expect(await contents(await under.open())).toEqual(at(0, numbered(3)));
  });

  it('S2 more partitions than descriptors are written, read and opened again', async () => {
    const under = await DiskUnderTest.start({ limits: { openFilesMax: 3, openFilesInUseMax: 4, journalFiles: 0 } });
    const logs = await Promise.all(Array.from({ length: 40 }, (_, partition) => under.open({}, partition)));
    for (const text of ['a', 'b']) await Promise.all(logs.map((log) => append(log, [text])));
    expect(under.store.stats.openFiles).toBeLessThanOrEqual(4);
    await under.restart();
    const again = await Promise.all(logs.map((_, partition) => under.open({}, partition)));
    for (const log of again) expect(await contents(log)).toEqual(['0:a', '1:b']);
    expect(under.store.stats.openFiles).toBeLessThanOrEqual(4);
  });

  it('Q2 S2 closes the files that it keeps at hand when the file system says so, for as long as it is open', async () => {
    const askedToLetGo = new Set<() => void>();
    const fileSystem = Object.assign(new MemoryFileSystem(), {
      whenOutOfFiles(letGo: () => void) {
        askedToLetGo.add(letGo);
        return () => void askedToLetGo.delete(letGo);
      },
    });
    const store = await openDirectoryStore({
      directory: '/data',
      fileSystem,
      limits: { journalFiles: 0 },
      onFatal: () => undefined,
    });
    const log = await store.open(orders, defaultLogConfig);
    await append(log, ['a']);
    expect(store.stats.openFiles).toBe(1);
    for (const letGo of askedToLetGo) letGo();
    expect(store.stats.openFiles).toBe(0);
    await append(log, ['b']);
    expect(await contents(log)).toEqual(['0:a', '1:b']);
    await store.close();
    expect(askedToLetGo.size).toBe(0);
  });
});
