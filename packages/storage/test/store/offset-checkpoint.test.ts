import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/ports/storage-log.ts';
import { decodeOffsetCheckpoint, encodeOffsetCheckpoint, OffsetCheckpoint } from '../../src/store/offset-checkpoint.ts';
import { FaultyFileSystem } from '@q/testkit';

const entries = [
  { topic: 'orders', partition: 0, offset: 42 },
  { topic: 'a-1', partition: 11, offset: Number.MAX_SAFE_INTEGER },
];

const noReserve = { withRoom: <T>(work: () => Promise<T>): Promise<T> => work() };

describe('offset checkpoint', () => {
  it('S2 writes the frozen layout and reads it back', () => {
    const text = '0\n3\norders 0 42\na-1 11 9007199254740991\n~crc32c 0 1122264571\n';
    expect(encodeOffsetCheckpoint(entries).toString()).toBe(text);
    expect(decodeOffsetCheckpoint(Buffer.from(text))).toEqual(entries);
    expect(decodeOffsetCheckpoint(Buffer.from('0\n0\n'))).toEqual([]);
  });

  it('S2 reads what another tool wrote without a checksum', () => {
    expect(decodeOffsetCheckpoint(Buffer.from('0\n1\norders 0 42\n'))).toEqual([
      { topic: 'orders', partition: 0, offset: 42 },
    ]);
  });

  it('S2 believes no file of which a bit has changed', () => {
    const whole = encodeOffsetCheckpoint(entries);
    const believed: unknown[] = [];
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const changed = Buffer.from(whole);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      // Where the checksum's own name has changed, it is a partition that does not exist; the others are as they were.
      const found = decodeOffsetCheckpoint(changed)?.slice(0, entries.length) ?? null;
      if (found !== null) believed.push(found);
    }
    expect(believed.length).toBeLessThan(9 * 8);
    expect(believed.every((found) => JSON.stringify(found) === JSON.stringify(entries))).toBe(true);
  });

  it.each([
    '',
    '1\n0\n',
    '0\n1\n',
    '0\n2\norders 0 42\n',
    '0\n1\norders 0\n',
    '0\n1\norders 0 x\n',
    '0\n1\norders 0 99999999999999999999\n',
  ])('S2 takes %j for unreadable', (text) => {
    expect(decodeOffsetCheckpoint(Buffer.from(text))).toBeNull();
  });

  it('S2 saves that come during a save share the next one, and each finds its values durable', async () => {
    const disk = new FaultyFileSystem();
    await disk.makeDirectory('/d');
    await disk.syncDirectory('');
    let offset = 0;
    let collected = 0;
    const collect = (): typeof entries => {
      collected += 1;
      return [{ topic: 't', partition: 0, offset }];
    };
    const file = new OffsetCheckpoint({ fileSystem: disk, directory: '/d', reserve: noReserve, name: 'c', collect });
    const hold = disk.hold('datasync');
    const first = file.save();
    await hold.reached;
    offset = 7;
    const later = [file.save(), file.save(), file.save()];
    hold.release();
    await Promise.all([first, ...later]);
    expect(collected).toBe(2);
    const after = await disk.crash('all');
    expect(
      await new OffsetCheckpoint({ fileSystem: after, directory: '/d', reserve: noReserve, name: 'c', collect }).load(
        silentLog,
      ),
    ).toEqual([{ topic: 't', partition: 0, offset: 7 }]);
  });

  it('S2 leaves the old file where the new one cannot be written', async () => {
    const disk = new FaultyFileSystem();
    await disk.makeDirectory('/d');
    let offset = 1;
    const file = new OffsetCheckpoint({
      fileSystem: disk,
      directory: '/d',
      reserve: noReserve,
      name: 'c',
      collect: () => [{ topic: 't', partition: 0, offset }],
    });
    await file.save();
    offset = 2;
    disk.fail({ operation: 'write', code: 'ENOSPC' });
    await expect(file.save()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await file.load(silentLog)).toEqual([{ topic: 't', partition: 0, offset: 1 }]);
    await file.save();
    expect(await file.load(silentLog)).toEqual([{ topic: 't', partition: 0, offset: 2 }]);
  });
});
