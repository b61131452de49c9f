import { FaultyFileSystem } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/ports/storage-log.ts';
import { DiskReserve } from '../../src/room/disk-reserve.ts';

const KiB = 1 << 10;

async function reserveOn(disk: FaultyFileSystem, bytesMax = 1024 * KiB): Promise<DiskReserve> {
  await disk.makeDirectory('/data');
  await disk.syncDirectory('');
  return new DiskReserve({ fileSystem: disk, directory: '/data', bytesMax, log: silentLog });
}

const fillUp = async (disk: FaultyFileSystem, reserve: DiskReserve, keepBytes = 0): Promise<number> => {
  const space = await disk.diskSpace();
  if (space !== null) await reserve.fillUp(space, keepBytes);
  return (await disk.readDirectory('/data')).includes('.reserve') ? (await disk.stat('/data/.reserve')).sizeBytes : 0;
};

async function write(disk: FaultyFileSystem, name: string, bytes: number): Promise<void> {
  const file = await disk.open(`/data/${name}`, 'create');
  await file.write([Buffer.alloc(bytes)], 0);
}

describe('DiskReserve', () => {
  it('S2 is made where there is much room, is a small share of the disk, and lasts', async () => {
    const disk = new FaultyFileSystem({ capacityBytes: 200 << 20 });
    expect(await fillUp(disk, await reserveOn(disk))).toBe(1024 * KiB);
    const small = new FaultyFileSystem({ capacityBytes: 60 << 20 });
    expect(await fillUp(small, await reserveOn(small))).toBe(608 * KiB);
    const tight = new FaultyFileSystem({ capacityBytes: 200 << 20 });
    expect(await fillUp(tight, await reserveOn(tight), 100 << 20)).toBe(0);
    expect(await fillUp(tight, await reserveOn(tight, 0))).toBe(0);
    expect((await (await disk.crash('all')).stat('/data/.reserve')).sizeBytes).toBe(1024 * KiB);
  });

  it('S2 gives up as much as is needed and no more, for all that wait at once, and is filled up again', async () => {
    const disk = new FaultyFileSystem({ capacityBytes: 200 << 20 });
    const reserve = await reserveOn(disk);
    await fillUp(disk, reserve);
    disk.capacityBytes = disk.usedBytes;
    await Promise.all(['a', 'b', 'c'].map((name) => reserve.withRoom(() => write(disk, name, 10 * KiB))));
    expect((await disk.stat('/data/.reserve')).sizeBytes).toBe(992 * KiB);
    await reserve.withRoom(() => write(disk, 'large', 600 * KiB));
    expect((await disk.stat('/data/.reserve')).sizeBytes).toBe(384 * KiB);
    disk.capacityBytes = 200 << 20;
    expect(await fillUp(disk, reserve)).toBe(1024 * KiB);
  });

  it('S2 in the end gives up what else there is, then says that the disk is full, and never takes another error for that', async () => {
    const disk = new FaultyFileSystem({ capacityBytes: 200 << 20 });
    const reserve = await reserveOn(disk);
    await fillUp(disk, reserve);
    disk.capacityBytes = disk.usedBytes;
    await expect(reserve.withRoom(() => write(disk, 'huge', 2048 * KiB))).rejects.toMatchObject({ code: 'ENOSPC' });
    let others = 1;
    reserve.lastResort = () => {
      disk.capacityBytes += 2048 * KiB;
      others -= 1;
      return Promise.resolve(others >= 0);
    };
    await reserve.withRoom(() => write(disk, 'huge', 2048 * KiB));
    expect(others).toBe(0);
    disk.fail({ operation: 'write', code: 'EIO' });
    await expect(reserve.withRoom(() => write(disk, 'x', 1))).rejects.toMatchObject({ code: 'EIO' });
    expect(others).toBe(0);
  });
});
