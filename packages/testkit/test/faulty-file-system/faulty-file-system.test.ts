import type { File } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { FaultyFileSystem } from '../../src/faulty-file-system/faulty-file-system.ts';
import { seededRandom } from '../../src/seeded-random.ts';

async function synced(disk: FaultyFileSystem, path: string, text: string): Promise<File> {
  const file = await disk.open(path, 'create');
  await file.write([Buffer.from(text)], 0);
  await file.datasync();
  await disk.syncDirectory('');
  return file;
}

async function textOf(disk: FaultyFileSystem, path: string): Promise<string> {
  return (await disk.readFile(path)).toString();
}

describe('FaultyFileSystem', () => {
  it('S2 keeps what was synced, and loses all the rest when told to', async () => {
    const disk = new FaultyFileSystem();
    const file = await synced(disk, '/a', 'durable');
    await file.write([Buffer.from(' and not')], 7);
    await disk.open('/b', 'create');
    expect(await textOf(disk, '/a')).toBe('durable and not');
    const after = await disk.crash('all');
    expect(await textOf(after, '/a')).toBe('durable');
    expect(await after.readDirectory('')).toEqual(['a']);
  });

  it('S2 a file whose folder was not synced is gone, however well its bytes were', async () => {
    const disk = new FaultyFileSystem();
    const file = await disk.open('/a', 'create');
    await file.write([Buffer.from('x')], 0);
    await file.datasync();
    expect(await (await disk.crash('all')).readDirectory('')).toEqual([]);
  });

  it('S2 loses sectors of a large new file in a time that is in proportion to it', async () => {
    const disk = new FaultyFileSystem({ random: seededRandom(1) });
    const file = await synced(disk, '/large', '');
    const piece = Buffer.alloc(1 << 20, 1);
    for (let position = 0; position < 16 << 20; position += piece.length) await file.write([piece], position);
    const startedMs = performance.now();
    const after = await disk.crash('some');
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect((await after.readFile('/large')).length).toBeGreaterThan(15 << 20);
  });

  it('S2 keeps or loses unsynced sectors one by one, with zeros before a kept one', async () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const disk = new FaultyFileSystem({ random: seededRandom(seed), sectorBytes: 4 });
      const file = await synced(disk, '/a', '');
      await file.write([Buffer.from('aaaabbbb')], 0);
      const after = await disk.crash();
      outcomes.add((await textOf(after, '/a')).replaceAll('\0', '0'));
    }
    expect([...outcomes].sort()).toEqual(['', '0000bbbb', 'aaaa', 'aaaabbbb']);
  });

  it('S2 keeps apart what is synced of two files that are made at once', async () => {
    const disk = new FaultyFileSystem();
    await Promise.all([synced(disk, '/a', 'one'), synced(disk, '/b', 'the other')]);
    const after = await disk.crash('all');
    expect([await textOf(after, '/a'), await textOf(after, '/b')]).toEqual(['one', 'the other']);
  });

  it('S2 a rename is lost or kept as one', async () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const disk = new FaultyFileSystem({ random: seededRandom(seed) });
      await synced(disk, '/old', '1');
      await synced(disk, '/new', '0');
      await disk.rename('/old', '/new');
      const after = await disk.crash();
      outcomes.add(
        (
          await Promise.all(
            (await after.readDirectory('')).sort().map(async (name) => `${name}=${await textOf(after, `/${name}`)}`),
          )
        ).join(),
      );
    }
    expect([...outcomes].sort()).toEqual(['new=0,old=1', 'new=1']);
  });

  it('S2 the renamed folder takes its unsynced content along', async () => {
    const disk = new FaultyFileSystem();
    await disk.makeDirectory('/d');
    const file = await disk.open('/d/f', 'create');
    await file.write([Buffer.from('x')], 0);
    await file.datasync();
    await disk.rename('/d', '/e');
    await disk.syncDirectory('');
    await disk.syncDirectory('/e');
    const after = await disk.crash('all');
    expect(await textOf(after, '/e/f')).toBe('x');
  });

  it('S2 after a failed sync the dirty data is lost, and the next sync reports success', async () => {
    const disk = new FaultyFileSystem();
    const file = await synced(disk, '/a', 'old ');
    await file.write([Buffer.from('new')], 4);
    disk.fail({ operation: 'datasync', code: 'EIO', path: /a$/ });
    await expect(file.datasync()).rejects.toMatchObject({ code: 'EIO' });
    await file.datasync();
    expect(await textOf(disk, '/a')).toBe('old new');
    expect(await textOf(await disk.crash('none'), '/a')).toBe('old ');
  });

  it('S2 fails the n-th matching operation, and a write perhaps half-way', async () => {
    const disk = new FaultyFileSystem({ random: seededRandom(3) });
    const file = await synced(disk, '/a', '');
    disk.fail({ operation: 'write', code: 'ENOSPC', after: 1, times: 2 });
    await file.write([Buffer.from('12345')], 0);
    await expect(file.write([Buffer.from('67890')], 5)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect('67890'.startsWith((await textOf(disk, '/a')).slice(5))).toBe(true);
    await expect(file.write([Buffer.from('67890')], 5)).rejects.toMatchObject({ code: 'ENOSPC' });
    await file.write([Buffer.from('67890')], 5);
    expect(await textOf(disk, '/a')).toBe('1234567890');
  });

  it('S4 is full at its capacity, and has room again when files go', async () => {
    const disk = new FaultyFileSystem({ capacityBytes: 10 });
    const a = await synced(disk, '/a', '12345678');
    const b = await disk.open('/b', 'create');
    await expect(b.write([Buffer.from('abc')], 0)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await disk.diskSpace()).toEqual({ freeBytes: 0, totalBytes: 10 });
    disk.capacityBytes = 5;
    await a.write([Buffer.from('87654321')], 0);
    disk.capacityBytes = 10;
    await a.truncate(0);
    await b.write([Buffer.from('abc')], 0);
    await disk.removeFile('/b');
    expect(await disk.diskSpace()).toEqual({ freeBytes: 10, totalBytes: 10 });
  });

  it('S2 holds a sync until it is released', async () => {
    const disk = new FaultyFileSystem();
    const file = await synced(disk, '/a', '');
    const hold = disk.hold('datasync');
    let done = false;
    const sync = file.datasync().then(() => void (done = true));
    await hold.reached;
    expect(done).toBe(false);
    hold.release();
    await sync;
    expect(done).toBe(true);
  });

  it('S2 stops after a number of steps, for ever', async () => {
    const disk = new FaultyFileSystem();
    const file = await synced(disk, '/a', '');
    disk.stopAfter(1);
    await file.write([Buffer.from('1')], 0);
    let returned = false;
    void file.write([Buffer.from('2')], 1).finally(() => void (returned = true));
    await disk.stopped;
    void disk.readFile('/a').finally(() => void (returned = true));
    const after = await disk.crash('none');
    expect(await textOf(after, '/a')).toBe('1');
    expect(returned).toBe(false);
    expect(await after.lock('')).toBeDefined();
  });

  it('S2 stops at the n-th operation of a kind', async () => {
    const disk = new FaultyFileSystem();
    const file = await synced(disk, '/a', '');
    disk.stopAfter(1, { operation: 'datasync' });
    for (let position = 0; position < 3; position++) await file.write([Buffer.from('x')], position);
    await file.datasync();
    void file.datasync();
    await disk.stopped;
    expect(await textOf(await disk.crash('all'), '/a')).toBe('xxx');
  });

  it('S2 stops at the n-th operation on some files', async () => {
    const disk = new FaultyFileSystem();
    const [one, other] = [await synced(disk, '/one', ''), await synced(disk, '/other', '')];
    disk.stopAfter(1, { inPath: 'oth' });
    for (const file of [one, one, other, one]) await file.write([Buffer.from('x')], 0);
    void other.write([Buffer.from('y')], 0);
    await disk.stopped;
    expect(await textOf(await disk.crash('none'), '/other')).toBe('x');
  });

  it('S2 one seed leaves one disk', async () => {
    const run = async (): Promise<string> => {
      const disk = new FaultyFileSystem({ random: seededRandom(99), sectorBytes: 8 });
      const file = await synced(disk, '/a', '');
      for (let i = 0; i < 20; i++) {
        await file.write([Buffer.alloc(10, i)], i * 10);
        await disk.open(`/f${i}`, 'create');
      }
      const after = await disk.crash();
      return `${(await after.readDirectory('')).join()} ${(await after.readFile('/a')).toString('hex')}`;
    };
    expect(await run()).toBe(await run());
  });

  it('S2 damages bytes at rest', async () => {
    const disk = new FaultyFileSystem();
    await synced(disk, '/a', 'good');
    await disk.damage('/a', (bytes) => (bytes.write('b', 0), bytes));
    expect(await textOf(await disk.crash('all'), '/a')).toBe('bood');
  });

  it('S2 one power cut may leave several disks', async () => {
    const disk = new FaultyFileSystem({ random: seededRandom(5), sectorBytes: 4 });
    const file = await synced(disk, '/a', '');
    await file.write([Buffer.from('aaaabbbb')], 0);
    await disk.rename('/a', '/b');
    const images = new Set<string>();
    for (let image = 0; image < 40; image++) {
      const after = await disk.crash();
      for (const name of await after.readDirectory(''))
        images.add(`${name}=${(await textOf(after, `/${name}`)).replaceAll('\0', '0')}`);
    }
    expect([...images].sort()).toEqual(
      ['a', 'b'].flatMap((name) => ['', '0000bbbb', 'aaaa', 'aaaabbbb'].map((text) => `${name}=${text}`)),
    );
  });

  it('S2 a killed process leaves what it wrote, and a failed sync stays lost behind it', async () => {
    const disk = new FaultyFileSystem();
    const file = await synced(disk, '/a', 'old ');
    await file.write([Buffer.from('lost ')], 4);
    disk.fail({ operation: 'datasync', code: 'EIO' });
    await expect(file.datasync()).rejects.toMatchObject({ code: 'EIO' });
    await file.write([Buffer.from('dirty')], 9);
    const next = disk.killProcess();
    expect(await textOf(next, '/a')).toBe('old lost dirty');
    await (await next.open('/a', 'read')).datasync();
    expect(await textOf(await next.crash('all'), '/a')).toBe('old \0\0\0\0\0dirty');
  });

  it('S2 waits as long as it is told before each operation', async () => {
    const waited: string[] = [];
    const disk = new FaultyFileSystem({ latency: async (operation) => void waited.push(operation) });
    await synced(disk, '/a', 'x');
    await disk.readFile('/a');
    expect(waited).toEqual(['create', 'write', 'datasync', 'syncDirectory', 'read']);
  });
});
