import { defaultLogConfig, openDirectoryStore, restoreBackup } from '@q/storage';
import type { LocalStore, LogConfig, PartitionLog } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { append, at, batch, contents, errorWith, numbered, orders } from '../conformance/harness.ts';
import { DiskUnderTest, tinyJournal } from '../fixtures.ts';
import { bytesOf, folderAt, inPieces, problemsOf, restore, tarOf } from './backup-scene.ts';

const other = { ...orders, partition: 1 };
const ids = [orders, other];

/** A store on what was restored, on the same disk. */
async function openRestored(under: DiskUnderTest, directory = '/restored'): Promise<LocalStore> {
  return await openDirectoryStore({
    directory,
    fileSystem: under.disk,
    clock: under.clock,
    log: under.log,
    onFatal: (error) => void under.fatal.push(error),
  });
}

async function restoredContents(
  under: DiskUnderTest,
  o: { directory?: string; config?: Partial<LogConfig>; use?: (log: PartitionLog) => Promise<void> } = {},
): Promise<string[]> {
  const store = await openRestored(under, o.directory);
  const log = await store.open(orders, { ...defaultLogConfig, ...o.config });
  const found = await contents(log);
  await o.use?.(log);
  await store.close();
  return found;
}

async function twoLogs(
  config: Partial<LogConfig> = {},
): Promise<{ under: DiskUnderTest; log: PartitionLog; second: PartitionLog }> {
  const under = await DiskUnderTest.start({ limits: tinyJournal });
  return { under, log: await under.open(config), second: await under.open(config, 1) };
}

describe('a backup', () => {
  it('O2: has every record below the high watermark of its moment, and none above', async () => {
    const { under, log, second } = await twoLogs({ segmentBytes: 250 });
    for (let round = 0; round < 6; round += 1) await append(log, numbered(5, round * 5));
    await append(second, ['of the second']);
    const tar = tarOf({ store: under.store, ids });
    await append(log, ['too late']);
    const folder = folderAt(under.disk);
    const manifest = await folder.receive(tar);
    expect(manifest.partitions.map(({ startOffset, endOffset, state }) => [startOffset, endOffset, state])).toEqual([
      [0, 30, 'whole'],
      [0, 1, 'whole'],
    ]);
    expect(manifest.partitions[0]!.segments.length).toBeGreaterThan(2);
    expect(await problemsOf(folder, manifest)).toEqual([]);
    await restore(folder, manifest);
    const found = await restoredContents(under, {
      use: async (restored) => {
        expect(restored.logEndOffset).toBe(30);
        expect((await append(restored, ['next'])).baseOffset).toBe(30);
      },
    });
    expect(found).toEqual(at(0, numbered(30)));
    expect(under.fatal).toEqual([]);
  });

  it('O2: leaves out what is on its way to the disk, also amid a batch of rounds', async () => {
    const { under, log } = await twoLogs();
    await append(log, ['settled']);
    const pending = log.append(batch(['not yet']), { leaderEpoch: 0 });
    const tar = tarOf({ store: under.store, ids: [orders] });
    await pending.durable;
    const folder = folderAt(under.disk);
    const manifest = await folder.receive(tar);
    expect(manifest.partitions[0]).toMatchObject({ endOffset: 1, readableOffset: 1 });
    await restore(folder, manifest);
    expect(await restoredContents(under)).toEqual(['0:settled']);
  });

  it('O2: keeps producers, epochs and message ids, so that a repeat is known after a restore', async () => {
    const { under, log } = await twoLogs({ dedupWindowMs: 3_600_000 });
    const shape = { producerId: 9, producerEpoch: 2, baseSequence: 0 };
    await append(log, ['m1:a', 'm2:b'], shape);
    log.append(batch(['later']), { leaderEpoch: 5 });
    await log.append(batch(['still later']), { leaderEpoch: 5 }).durable;
    await under.store.preparePin(orders);
    const folder = folderAt(under.disk);
    await restore(folder, await folder.receive(tarOf({ store: under.store, ids })));
    await restoredContents(under, {
      config: { dedupWindowMs: 3_600_000 },
      use: async (restored) => {
        expect(restored.leaderEpochAt(1)).toBe(0);
        expect(restored.leaderEpochAt(2)).toBe(5);
        for (const repeat of [batch(['m1:a', 'm2:b'], shape), batch(['m2:b'])])
          expect(restored.append(repeat, { leaderEpoch: 5 }).duplicate).toBe(true);
      },
    });
  });

  it('O2: copies only what is new into a folder that has an earlier one', async () => {
    const { under, log } = await twoLogs({ segmentBytes: 250 });
    for (let round = 0; round < 6; round += 1) await append(log, numbered(5, round * 5));
    const folder = folderAt(under.disk);
    const first = await folder.receive(tarOf({ store: under.store, ids }));
    const same = await bytesOf(tarOf({ store: under.store, ids, earlier: first }));
    expect(same.toString('latin1')).not.toContain('.log.');
    await append(log, ['new']);
    const tar = await bytesOf(tarOf({ store: under.store, ids, earlier: first }));
    expect(tar.toString('latin1').match(/\d{20}\.log\./g)).toHaveLength(1);
    const second = await folder.receive(inPieces(tar));
    expect(await problemsOf(folder, second)).toEqual([]);
    await restore(folder, second);
    expect(await restoredContents(under)).toEqual(at(0, [...numbered(30), 'new']));
  });

  it('O2: copies again what an unsynced crash has replaced by other records at the same offsets', async () => {
    const under = await DiskUnderTest.start({ limits: { ...tinyJournal, journalFiles: 0 } });
    const config = { durability: 'os' } as const;
    let log = await under.open(config);
    await append(log, ['kept']);
    await under.store.close();
    await under.reopen();
    log = await under.open(config);
    await log.append(batch(['lost']), { leaderEpoch: 0 }).durable;
    const folder = folderAt(under.disk);
    const first = await folder.receive(tarOf({ store: under.store, ids: [orders] }));
    await under.crash('all');
    log = await under.open(config);
    await log.append(batch(['last']), { leaderEpoch: 0 }).durable;
    const again = folderAt(under.disk);
    const second = await again.receive(tarOf({ store: under.store, ids: [orders], earlier: first }));
    await restore(again, second);
    expect(await restoredContents(under)).toEqual(['0:kept', '1:last']);
  });

  it('O2: stays whole when retention takes its segments away while it is read', async () => {
    const { under, log } = await twoLogs({ segmentBytes: 300, fileDeleteDelayMs: 0 });
    for (let round = 0; round < 8; round += 1) await append(log, numbered(5, round * 5));
    const setAside: number[] = [];
    const tar = tarOf({
      store: under.store,
      ids: [orders],
      onPause: async () => {
        await log.deleteBefore(39);
        await under.store.maintain();
        setAside.push((await under.names()).filter((name) => name.endsWith('.deleted')).length);
      },
    });
    const folder = folderAt(under.disk);
    const manifest = await folder.receive(tar);
    expect(manifest.partitions[0]).toMatchObject({ startOffset: 0, endOffset: 40, state: 'whole' });
    await restore(folder, manifest);
    expect(await restoredContents(under)).toEqual(at(0, numbered(40)));
    // While it was read, and once nobody reads it any more.
    expect(setAside[0]).toBeGreaterThan(0);
    expect(setAside.at(-1)).toBe(0);
  });

  it('O2: holds compaction off while it is read, and no longer', async () => {
    const config = { segmentBytes: 300, cleanupPolicy: { delete: false, compact: true }, minCleanableDirtyRatio: 0 };
    const { under, log } = await twoLogs(config);
    for (let round = 0; round < 12; round += 1) await append(log, ['a=1', 'b=2', `c=${round}`]);
    const before = await contents(log);
    const tar = tarOf({ store: under.store, ids: [orders], onPause: async () => void (await under.store.maintain()) });
    const folder = folderAt(under.disk);
    const first = await folder.receive(tar);
    await restore(folder, first);
    expect(await restoredContents(under, { config })).toEqual(before);
    await under.store.maintain();
    const compacted = await contents(log);
    expect(compacted.length).toBeLessThan(before.length);
    const second = await folder.receive(tarOf({ store: under.store, ids: [orders], earlier: first }));
    expect(await problemsOf(folder, second)).toEqual([]);
    await restore(folder, second, '/compacted');
    expect(await restoredContents(under, { directory: '/compacted', config })).toEqual(compacted);
    // What compaction has left alone is not sent again.
    const third = await bytesOf(tarOf({ store: under.store, ids: [orders], earlier: second }));
    expect(third.toString('latin1').match(/\d{20}\.log\./g) ?? []).toHaveLength(0);
  });

  it('O2: keeps a compaction that is under way from putting its result in place', async () => {
    const config = { segmentBytes: 300, cleanupPolicy: { delete: false, compact: true }, minCleanableDirtyRatio: 0 };
    const { under, log } = await twoLogs(config);
    for (let round = 0; round < 12; round += 1) await append(log, ['a=1', 'b=2', `c=${round}`]);
    const before = await contents(log);
    const hold = under.disk.hold('write', /cleaned$/);
    const round = under.store.maintain();
    await hold.reached;
    const pin = under.store.pin(orders)!;
    hold.release();
    await round;
    expect(await contents(log)).toEqual(before);
    pin.release();
    await under.store.maintain();
    expect((await contents(log)).length).toBeLessThan(before.length);
  });

  it('O2: tells records of another leader epoch from the same ones of before', async () => {
    const under = await DiskUnderTest.start({ limits: { ...tinyJournal, journalFiles: 0 } });
    const config = { durability: 'os' } as const;
    const large = (): Buffer => batch(['x'.repeat(200_000)], { timestampMs: 1_000 });
    let log = await under.open(config);
    await log.append(large(), { leaderEpoch: 0 }).durable;
    const first = await folderAt(under.disk).receive(tarOf({ store: under.store, ids: [orders] }));
    await under.crash('all');
    log = await under.open(config);
    await log.append(large(), { leaderEpoch: 1 }).durable;
    const again = folderAt(under.disk);
    const second = await again.receive(tarOf({ store: under.store, ids: [orders], earlier: first }));
    await restore(again, second);
    expect((await under.disk.readFile('/restored/orders-0/00000000000000000000.log')).readInt32BE(12)).toBe(1);
  });

  it('O2: of a damaged partition has what can be read, and gives no offset out twice', async () => {
    const { under, log } = await twoLogs({ segmentBytes: 300 });
    for (let round = 0; round < 8; round += 1) await append(log, numbered(5, round * 5));
    await under.store.close();
    await under.disk.damage('/data/orders-0/00000000000000000010.log', (bytes) => {
      bytes[70]! ^= 1;
      return bytes;
    });
    await under.disk.removeFile('/data/recovery-point-offset-checkpoint');
    await under.reopen();
    const damaged = await under.open({ segmentBytes: 300 });
    expect(damaged.state).toBe('quarantined');
    const folder = folderAt(under.disk);
    const manifest = await folder.receive(tarOf({ store: under.store, ids: [orders] }));
    expect(manifest.partitions[0]).toMatchObject({ state: 'damaged', readableOffset: 10, endOffset: 40 });
    expect(await problemsOf(folder, manifest)).toEqual([]);
    await restore(folder, manifest);
    const found = await restoredContents(under, {
      use: async (restored) => {
        expect(restored.state).toBe('open');
        expect((await append(restored, ['next'])).baseOffset).toBe(40);
        expect(await contents(restored, { fromOffset: 10 })).toEqual(['40:next']);
      },
    });
    expect(found).toEqual(at(0, numbered(10)));
  });

  it('O2: goes on without a topic that is deleted meanwhile, and remembers where it ended', async () => {
    const { under, log, second } = await twoLogs();
    await append(log, ['a', 'b', 'c']);
    await append(second, ['d']);
    let isDeleted = false;
    const tar = tarOf({
      store: under.store,
      ids: [other, orders],
      isDeleted: () => isDeleted,
      onPause: async () => {
        if (isDeleted) return;
        isDeleted = true;
        await under.store.delete(orders);
      },
    });
    const folder = folderAt(under.disk);
    const manifest = await folder.receive(tar);
    expect(manifest.partitions.map(({ state }) => state)).toEqual(['whole', 'gone']);
    await restore(folder, manifest);
    const found = await restoredContents(under, {
      use: async (restored) => expect([restored.logStartOffset, restored.logEndOffset]).toEqual([3, 3]),
    });
    expect(found).toEqual([]);
  });

  it('O2: is served on a full disk, with what the journal alone has', async () => {
    const { under, log } = await twoLogs();
    await append(log, ['a']);
    await append(log, ['b']);
    under.disk.fail({ operation: 'write', path: /orders-0.*log$/, code: 'ENOSPC', times: Number.POSITIVE_INFINITY });
    const tar = await bytesOf(tarOf({ store: under.store, ids: [orders] }));
    const target = await DiskUnderTest.start();
    const folder = folderAt(target.disk);
    const manifest = await folder.receive(inPieces(tar));
    expect(manifest.partitions[0]).toMatchObject({ endOffset: 2, state: 'whole' });
    await restore(folder, manifest);
    expect(await restoredContents(target)).toEqual(['0:a', '1:b']);
  });
});

describe('a folder of backups', () => {
  it('O2: refuses a tar that is cut off anywhere, and keeps what it had', async () => {
    const { under, log } = await twoLogs();
    await append(log, numbered(5));
    const folder = folderAt(under.disk);
    const first = await folder.receive(tarOf({ store: under.store, ids }));
    await append(log, numbered(5, 5));
    const tar = await bytesOf(tarOf({ store: under.store, ids, earlier: first }));
    for (let length = 0; length < tar.length - 512; length += 509)
      await expect(folder.receive(inPieces(tar.subarray(0, length))), `${length}`).rejects.toEqual(
        errorWith('CORRUPT_LOG'),
      );
    expect(await folder.list()).toEqual([first.head.id]);
    expect(await problemsOf(folder, await folder.read())).toEqual([]);
    const second = await folder.receive(inPieces(tar));
    expect(await folder.list()).toEqual([first.head.id, second.head.id]);
  });

  it('O2: finds any bit that flips on the way or later', async () => {
    const { under, log } = await twoLogs({ segmentBytes: 300 });
    for (let round = 0; round < 4; round += 1) await append(log, numbered(5, round * 5));
    const tar = await bytesOf(tarOf({ store: under.store, ids }));
    const folder = folderAt(under.disk);
    const manifest = await folder.receive(inPieces(tar));
    const names = (await under.disk.readDirectory('/backup/data/6f9619ff-8b86-4d01-b42d-00cf4fc964ff-0')).map(
      (name) => `/backup/data/6f9619ff-8b86-4d01-b42d-00cf4fc964ff-0/${name}`,
    );
    for (const name of names) {
      const size = (await under.disk.stat(name)).sizeBytes;
      for (let position = 0; position < size; position += 23) {
        const flip = (bytes: Buffer): Buffer => {
          bytes[position]! ^= 4;
          return bytes;
        };
        await under.disk.damage(name, flip);
        expect(await problemsOf(folder, manifest), `${name} ${position}`).not.toEqual([]);
        await under.disk.damage(name, flip);
      }
    }
    expect(await problemsOf(folder, manifest)).toEqual([]);
  });

  it('O2: removes a backup, and only what no other one needs', async () => {
    const { under, log } = await twoLogs({ segmentBytes: 300, fileDeleteDelayMs: 0 });
    for (let round = 0; round < 8; round += 1) await append(log, numbered(5, round * 5));
    const folder = folderAt(under.disk);
    const first = await folder.receive(tarOf({ store: under.store, ids }));
    await log.deleteBefore(25);
    await append(log, ['new']);
    const second = await folder.receive(tarOf({ store: under.store, ids, earlier: first }));
    const before = await under.disk.readDirectory('/backup/data/6f9619ff-8b86-4d01-b42d-00cf4fc964ff-0');
    await folder.remove([first.head.id]);
    const after = await under.disk.readDirectory('/backup/data/6f9619ff-8b86-4d01-b42d-00cf4fc964ff-0');
    expect(after.length).toBeLessThan(before.length);
    expect(await folder.list()).toEqual([second.head.id]);
    expect(await problemsOf(folder, second)).toEqual([]);
    await restore(folder, second);
    expect(await restoredContents(under)).toEqual(at(25, [...numbered(15, 25), 'new']));
  });

  it('O2: leaves nothing behind when its disk is full, and what it had as it was', async () => {
    const { under, log } = await twoLogs();
    await append(log, numbered(5));
    const folder = folderAt(under.disk);
    const first = await folder.receive(tarOf({ store: under.store, ids }));
    const names = await under.disk.readDirectory('/backup/data/6f9619ff-8b86-4d01-b42d-00cf4fc964ff-0');
    await append(log, numbered(5, 5));
    for (const path of [/backup\/data.*log\.\d/, /manifest/]) {
      const tar = tarOf({ store: under.store, ids, earlier: first });
      under.disk.fail({ operation: 'write', path, code: 'ENOSPC' });
      await expect(folder.receive(tar)).rejects.toThrow('ENOSPC');
      expect(await under.disk.readDirectory('/backup/data/6f9619ff-8b86-4d01-b42d-00cf4fc964ff-0')).toEqual(names);
      expect(await folder.list()).toEqual([first.head.id]);
    }
    expect(await problemsOf(folder, first)).toEqual([]);
    // Nothing of the broker was touched by that, and nothing is held any more.
    const second = await folder.receive(tarOf({ store: under.store, ids, earlier: first }));
    expect(await problemsOf(folder, second)).toEqual([]);
  });

  it('O2: refuses a folder of something else, and another writer', async () => {
    const { under } = await twoLogs();
    await under.disk.makeDirectory('/backup');
    await (await under.disk.open('/backup/thesis.txt', 'create')).close();
    const tar = (): AsyncGenerator<Buffer, void> => tarOf({ store: under.store, ids });
    await expect(folderAt(under.disk).receive(tar())).rejects.toEqual(errorWith('LOG_EXISTS'));
    const folder = folderAt(under.disk, '/good');
    await folder.exclusively(async () => {
      await expect(folder.receive(tar())).rejects.toEqual(errorWith('STORAGE_LOCKED'));
    });
  });
});

describe('a restore', () => {
  it('O2: wants an empty folder', async () => {
    const { under, log } = await twoLogs();
    await append(log, ['a']);
    const folder = folderAt(under.disk);
    const manifest = await folder.receive(tarOf({ store: under.store, ids }));
    await under.store.close();
    await expect(restore(folder, manifest, '/data')).rejects.toEqual(errorWith('LOG_EXISTS'));
  });

  it('O2: that is not finished is refused by every release, however old', async () => {
    const { under, log } = await twoLogs();
    await append(log, ['a']);
    const folder = folderAt(under.disk);
    const manifest = await folder.receive(tarOf({ store: under.store, ids }));
    const signal = AbortSignal.abort();
    const how = { backup: folder, manifest, directory: '/restored', asNew: false, signal };
    await expect(restoreBackup(under.disk, how)).rejects.toEqual(errorWith('CLOSED'));
    await expect(openRestored(under)).rejects.toThrow('has not finished');
    await under.disk.removeFile('/restored/.restoring');
    await expect(openRestored(under)).rejects.toEqual(errorWith('UNSUPPORTED_FORMAT'));
  });

  it('O2: that is cut off at any step leaves nothing that starts, and can be run again', async () => {
    const { under, log } = await twoLogs({ segmentBytes: 300 });
    for (let round = 0; round < 4; round += 1) await append(log, numbered(5, round * 5));
    const tar = await bytesOf(tarOf({ store: under.store, ids }));
    let isWhole = false;
    for (let step = 0; !isWhole; step += 1) {
      const target = await DiskUnderTest.start();
      const folder = folderAt(target.disk);
      const manifest = await folder.receive(inPieces(tar));
      target.disk.stopAfter(step);
      isWhole = await Promise.race([restore(folder, manifest).then(() => true), target.disk.stopped.then(() => false)]);
      await target.crash(step % 2 === 0 ? 'all' : 'none');
      const again = folderAt(target.disk);
      const found = await restoredContents(target).catch((error: unknown) => error);
      // All of it or nothing; a folder that a crash left without a name is an empty one.
      if (Array.isArray(found)) expect([20, 0], `step ${step}`).toContain(found.length);
      else expect(found, `step ${step}`).toEqual(errorWith('UNSUPPORTED_FORMAT'));
      if (Array.isArray(found)) continue;
      await restore(again, manifest);
      expect(await restoredContents(target), `step ${step}`).toEqual(at(0, numbered(20)));
    }
  });
});
