import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { defaultLogConfig, openDirectoryStore } from '@q/storage';
import type { LogStore, PartitionLog } from '@q/storage';
import { FaultyFileSystem } from '@q/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { append, at, batch, contents, errorWith, numbered, orders } from '../conformance/harness.ts';
import { DiskUnderTest } from '../fixtures.ts';

describe('a thousand partitions', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(`${tmpdir()}/q-many-`);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const partitions = Array.from({ length: 1_000 }, (_, partition) => partition);
  const openAll = (store: LogStore): Promise<PartitionLog[]> =>
    Promise.all(
      partitions.map((partition) => store.open({ ...orders, partition }, { ...defaultLogConfig, durability: 'os' })),
    );

  it(
    'T3 S2 are opened again after a clean shutdown with few files open and nothing read twice',
    { timeout: 60_000 },
    async () => {
      const start = async (): Promise<LogStore> =>
        openDirectoryStore({
          directory,
          limits: { openFilesMax: 64 },
          onFatal: (error) => expect.unreachable(error.message),
        });
      const first = await start();
      const logs = await openAll(first);
      await Promise.all(logs.map((log) => append(log, [`in ${log.id.partition}`])));
      expect(first.stats.openFiles).toBeLessThanOrEqual(64);
      await first.close();

      const second = await start();
      const startedMs = performance.now();
      const again = await openAll(second);
      const tookMs = performance.now() - startedMs;
      expect(second.stats.openFiles).toBeLessThanOrEqual(64);
      expect(again.every((log) => log.logEndOffset === 1)).toBe(true);
      expect(await contents(again[777] as PartitionLog)).toEqual(['0:in 777']);
      expect(await second.list()).toHaveLength(1_000);
      await second.close();
      // About a fifth of a second on the machine it was written on; far above that something is wrong in kind.
      expect(tookMs).toBeLessThan(10_000);
    },
  );
});

describe('directory store', () => {
  it('S2 makes its folder so that a power cut does not take it', async () => {
    const disk = new FaultyFileSystem();
    const open = async (fileSystem: FaultyFileSystem): Promise<LogStore> =>
      openDirectoryStore({ directory: '/var/q/data', fileSystem, onFatal: () => undefined });
    const store = await open(disk);
    await append(await store.open(orders, defaultLogConfig), ['a']);
    const again = await open(await disk.crash('all'));
    expect(await contents(await again.open(orders, defaultLogConfig))).toEqual(['0:a']);
    await again.close();
  });

  it('S2 marks a clean shutdown, and takes the mark away when it is opened', async () => {
    const under = await DiskUnderTest.start();
    await append(await under.open(), ['a']);
    expect(await under.disk.readDirectory('/data')).not.toContain('.clean-shutdown');
    await under.store.close();
    expect(await under.disk.readDirectory('/data')).toContain('.clean-shutdown');
    await under.crash('all');
    expect(await under.disk.readDirectory('/data')).not.toContain('.clean-shutdown');
  });

  it('S2 after a clean shutdown nothing is scanned: what lies below the recovery point is taken as it is', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open({ indexIntervalBytes: 1 });
    for (const text of numbered(20)) await append(log, [text.padEnd(80)]);
    await under.store.close();
    // One read checks the last index entry, one walks from there to the end.
    let reads = 0;
    const { disk } = under;
    const open = disk.open.bind(disk);
    disk.open = async (path, mode) => {
      const file = await open(path, mode);
      if (!path.endsWith('.log')) return file;
      const read = file.read.bind(file);
      return { ...file, read: (position, length) => ((reads += 1), read(position, length)) };
    };
    const store = await openDirectoryStore({
      directory: '/data',
      fileSystem: disk,
      clock: under.clock,
      onFatal: () => undefined,
    });
    const again = await store.open(orders, { ...defaultLogConfig, indexIntervalBytes: 1 });
    expect([again.logEndOffset, again.describe().recoveryPoint, reads]).toEqual([20, 20, 2]);
  });

  it('S1 S2 reads no index files of a log that is too small to have entries, whatever an earlier interval left in them', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open({ indexIntervalBytes: 1 });
    for (const text of numbered(20)) await append(log, [text.padEnd(80)]);
    await under.store.close();
    const readFile = under.disk.readFile.bind(under.disk);
    const read: string[] = [];
    under.disk.readFile = (path) => {
      read.push(path);
      return readFile(path);
    };
    await under.reopen();
    const again = await under.open();
    expect(read.filter((path) => path.endsWith('index'))).toEqual([]);
    // Beyond the interval the files count, and are written anew.
    for (const text of numbered(40, 20)) await append(again, [text.padEnd(80)]);
    await under.restart();
    const grown = await under.open();
    expect(read.filter((path) => path.endsWith('index')).length).toBe(2);
    const wanted = at(
      0,
      numbered(60).map((text) => text.padEnd(80)),
    );
    for (const fromOffset of [0, 25, 59])
      expect(await contents(grown, { fromOffset, maxBytes: 500 })).toEqual(wanted.slice(fromOffset));
  });

  it('S2 writes the public checkpoint files; frozen', async () => {
    const under = await DiskUnderTest.start();
    const [log, other] = [await under.open({ segmentBytes: 200 }), await under.open({}, 12)];
    for (const text of numbered(10)) await append(log, [text.padEnd(80)]);
    await append(other, ['a']);
    await log.deleteBefore(7);
    await under.store.close();
    const text = async (name: string): Promise<string> => (await under.disk.readFile(`/data/${name}`)).toString();
    expect(await text('recovery-point-offset-checkpoint')).toBe(
      '0\n3\norders 0 10\norders 12 1\n~crc32c 0 2381755307\n',
    );
    expect(await text('log-start-offset-checkpoint')).toBe('0\n2\norders 0 7\n~crc32c 0 1146118714\n');
    expect(await text('orders-0/partition.metadata')).toBe(`version: 0\ntopic_id: ${orders.topicId}\n`);
    expect(await text('orders-0/leader-epoch-checkpoint')).toBe('0\n1\n0 7\n');
  });

  it('S2 reads more where a checkpoint file is unreadable, and says so', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    for (const text of numbered(5)) await append(log, [text]);
    await under.store.close();
    await under.disk.damage('/data/recovery-point-offset-checkpoint', () => Buffer.from('0\n2\norders 0 5\n'));
    await under.crash('all');
    expect(under.log.notes).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('checkpoint') }),
    );
    expect(await contents(await under.open())).toEqual(at(0, numbered(5)));
  });

  it('S2 keeps the offsets of partitions that nobody opened', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    for (const text of numbered(5)) await append(log, [text]);
    await log.deleteBefore(3);
    await under.restart();
    await append(await under.open({}, 1), ['x']);
    await under.restart();
    const again = await under.open();
    expect([again.logStartOffset, again.describe().recoveryPoint]).toEqual([3, 5]);
  });

  it('T1 a new topic of the same name begins anew', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    for (const text of numbered(5)) await append(log, [text]);
    await under.restart();
    await under.store.delete(orders);
    const id = { ...orders, topicId: '00000000-0000-4000-8000-000000000001' };
    expect((await under.store.open(id, defaultLogConfig)).describe()).toMatchObject({
      logStartOffset: 0,
      logEndOffset: 0,
      state: 'open',
    });
    await under.restart();
    expect((await under.store.open(id, defaultLogConfig)).logEndOffset).toBe(0);
  });

  it('T1 finishes the removal of a partition that a crash interrupted', async () => {
    const under = await DiskUnderTest.start();
    await append(await under.open(), ['a']);
    const hold = under.disk.hold('removeFile', /~deleted/);
    const deleting = under.store.delete(orders);
    await hold.reached;
    under.disk = await under.disk.crash('all');
    expect((await under.disk.readDirectory('/data')).some((name) => name.startsWith('~deleted-'))).toBe(true);
    await under.crash('none');
    expect(
      (await under.disk.readDirectory('/data')).filter((name) => name !== 'recovery-point-offset-checkpoint'),
    ).toEqual(['format']);
    expect(deleting).toBeInstanceOf(Promise);
  });

  it('T1 does not guess whose data lies in a folder that does not say', async () => {
    const under = await DiskUnderTest.start();
    await append(await under.open(), ['a']);
    await under.store.close();
    await under.disk.removeFile('/data/orders-0/partition.metadata');
    await under.crash('none');
    await expect(under.open()).rejects.toEqual(errorWith('LOG_EXISTS'));
    await expect(under.store.delete(orders)).rejects.toEqual(errorWith('UNKNOWN_LOG'));
  });

  it('S2 refuses a second opener of the same folder, and lets it in after close', async () => {
    const under = await DiskUnderTest.start();
    const open = (): Promise<LogStore> =>
      openDirectoryStore({ directory: '/data', fileSystem: under.disk, clock: under.clock, onFatal: () => undefined });
    await expect(open()).rejects.toEqual(errorWith('STORAGE_LOCKED'));
    await under.store.close();
    await (await open()).close();
  });

  it('B6 close saves what waits, and can be called twice', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    const appended = log.append(batch(['last words']), { leaderEpoch: 0 });
    await Promise.all([under.store.close(), under.store.close()]);
    await appended.durable;
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(['0:last words']);
  });

  it('T3 a log can be closed and opened again while the store goes on', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    await append(log, ['a']);
    await log.close();
    expect(log.state).toBe('closed');
    const again = await under.open();
    expect(again).not.toBe(log);
    expect(await append(again, ['b'])).toMatchObject({ baseOffset: 1 });
    expect(await contents(again)).toEqual(['0:a', '1:b']);
  });
});
