import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { MemoryFileSystem, nodeFileSystem } from '@q/storage';
import type { FileSystem } from '@q/storage';
import { FaultyFileSystem } from '@q/testkit';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

const temporary: string[] = [];
afterAll(() => Promise.all(temporary.map((path) => rm(path, { recursive: true, force: true }))));

interface Place {
  readonly fileSystem: FileSystem;
  readonly root: string;
}

const kinds: Readonly<Record<string, () => Promise<Place>>> = {
  node: async () => {
    const root = await mkdtemp(`${tmpdir()}/q-files-`);
    temporary.push(root);
    return { fileSystem: nodeFileSystem, root };
  },
  memory: async () => withRoot(new MemoryFileSystem()),
  faulty: async () => withRoot(new FaultyFileSystem()),
};

async function withRoot(fileSystem: FileSystem): Promise<Place> {
  await fileSystem.makeDirectory('/root');
  return { fileSystem, root: '/root' };
}

async function write(fileSystem: FileSystem, path: string, text: string): Promise<void> {
  const file = await fileSystem.open(path, 'create');
  await file.write([Buffer.from(text)], 0);
  await file.datasync();
  await file.close();
}

async function sizeOf(fileSystem: FileSystem, path: string): Promise<number> {
  const file = await fileSystem.open(path, 'write');
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}

describe.each(Object.entries(kinds))('file system port: %s', (_name, place) => {
  it('S1 gathers buffers into one file, and reads any part of it', async () => {
    const { fileSystem, root } = await place();
    const file = await fileSystem.open(`${root}/f`, 'create');
    await file.write(
      ['ab', '', 'cde'].map((text) => Buffer.from(text)),
      0,
    );
    await file.write([Buffer.from('fgh')], 5);
    await file.write([Buffer.from('XY')], 1);
    expect(await file.size()).toBe(8);
    for (const [position, length, expected] of [
      [0, 8, 'aXYdefgh'],
      [3, 2, 'de'],
      [6, 99, 'gh'],
      [8, 1, ''],
      [20, 5, ''],
    ] as const) {
      expect((await file.read(position, length)).toString()).toBe(expected);
    }
    await file.close();
    expect((await fileSystem.readFile(`${root}/f`)).toString()).toBe('aXYdefgh');
  });

  it('S2 writes durably what it is told to, and keeps no buffer of that', async () => {
    const { fileSystem, root } = await place();
    await write(fileSystem, `${root}/f`, '0123456789');
    await expect(fileSystem.open(`${root}/none`, 'durable')).rejects.toMatchObject({ code: 'ENOENT' });
    const file = await fileSystem.open(`${root}/f`, 'durable');
    const bytes = Buffer.from('abc');
    await file.write([bytes, Buffer.from('d')], 2);
    bytes.fill('x');
    await file.close();
    expect((await fileSystem.readFile(`${root}/f`)).toString()).toBe('01abcd6789');
    if (!(fileSystem instanceof FaultyFileSystem)) return;
    for (const folder of ['', root]) await fileSystem.syncDirectory(folder);
    expect((await (await fileSystem.crash('all')).readFile(`${root}/f`)).toString()).toBe('01abcd6789');
  });

  it('S1 cuts and extends files', async () => {
    const { fileSystem, root } = await place();
    const file = await fileSystem.open(`${root}/f`, 'create');
    await file.write(
      ['abc', 'def', 'ghi'].map((text) => Buffer.from(text)),
      0,
    );
    await file.truncate(4);
    await file.write([Buffer.from('Z')], 4);
    await file.truncate(7);
    expect((await file.read(0, 10)).toString('latin1')).toBe('abcdZ\0\0');
    await file.truncate(0);
    expect(await file.size()).toBe(0);
    await file.close();
  });

  it('S1 agrees with a plain buffer over any writes and cuts', async () => {
    const step = fc.oneof(
      fc.record({
        gap: fc.integer({ min: 0, max: 40 }),
        bytes: fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 3 }),
      }),
      fc.record({ keep: fc.integer({ min: 0, max: 100 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { fileSystem, root } = await place();
        const file = await fileSystem.open(`${root}/f`, 'create');
        let model = Buffer.alloc(0);
        for (const each of steps) {
          if ('keep' in each) {
            const size = Math.min(each.keep, model.length);
            await file.truncate(size);
            model = model.subarray(0, size);
          } else {
            const position = Math.max(0, model.length - each.gap);
            await file.write(
              each.bytes.map((bytes) => Buffer.from(bytes)),
              position,
            );
            const bytes = Buffer.concat(each.bytes);
            model = Buffer.concat([model.subarray(0, position), bytes, model.subarray(position + bytes.length)]);
          }
        }
        expect((await file.read(0, 1_000)).equals(model)).toBe(true);
        await file.close();
      }),
      { numRuns: 40 },
    );
  });

  it('S1 says with POSIX names what is not there', async () => {
    const { fileSystem, root } = await place();
    const missing = `${root}/missing`;
    for (const call of [
      () => fileSystem.open(missing, 'read'),
      () => fileSystem.open(missing, 'write'),
      () => fileSystem.open(`${missing}/f`, 'create'),
      () => fileSystem.readFile(missing),
      () => fileSystem.readDirectory(missing),
      () => fileSystem.removeFile(missing),
      () => fileSystem.stat(missing),
      () => fileSystem.rename(missing, `${root}/other`),
      () => fileSystem.syncDirectory(missing),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'ENOENT' });
    }
    await fileSystem.removeDirectory(missing);
  });

  it('S1 renames, replaces and removes files and folders', async () => {
    const { fileSystem, root } = await place();
    await fileSystem.makeDirectory(`${root}/a/b`);
    await fileSystem.makeDirectory(`${root}/a/b`);
    await write(fileSystem, `${root}/a/b/one`, '1');
    await write(fileSystem, `${root}/a/b/two`, '2');
    await fileSystem.rename(`${root}/a/b/one`, `${root}/a/b/two`);
    expect(await fileSystem.readDirectory(`${root}/a/b`)).toEqual(['two']);
    await fileSystem.rename(`${root}/a`, `${root}/c`);
    await fileSystem.syncDirectory(root);
    expect((await fileSystem.readFile(`${root}/c/b/two`)).toString()).toBe('1');
    expect(await fileSystem.stat(`${root}/c/b`)).toMatchObject({ isDirectory: true });
    expect(await fileSystem.stat(`${root}/c/b/two`)).toMatchObject({ isDirectory: false, sizeBytes: 1 });
    await fileSystem.removeDirectory(`${root}/c`);
    expect(await fileSystem.readDirectory(root)).toEqual([]);
  });

  it('S1 an open file outlives its name', async () => {
    const { fileSystem, root } = await place();
    await write(fileSystem, `${root}/f`, 'still here');
    const file = await fileSystem.open(`${root}/f`, 'read');
    await fileSystem.rename(`${root}/f`, `${root}/g`);
    await fileSystem.removeFile(`${root}/g`);
    expect((await file.read(0, 5)).toString()).toBe('still');
    await file.close();
  });

  it('S2 locks a folder for one opener, and lets it go', async () => {
    const { fileSystem, root } = await place();
    const lock = await fileSystem.lock(root);
    await expect(fileSystem.lock(root)).rejects.toMatchObject({ code: 'STORAGE_LOCKED', details: { directory: root } });
    await lock.release();
    await (await fileSystem.lock(root)).release();
  });
});

describe('memory file system', () => {
  it('Z1 keeps the very buffers that were written, and reads views of them', async () => {
    const fileSystem = new MemoryFileSystem();
    const file = await fileSystem.open('/f', 'create');
    const [one, two] = [Buffer.from('one'), Buffer.from('two')];
    await file.write([one, two], 0);
    expect((await file.read(3, 3)).buffer).toBe(two.buffer);
    expect((await file.read(0, 6)).toString()).toBe('onetwo');
  });
});

describe('node file system', () => {
  it('M1 knows the room on the disk', async () => {
    const space = await nodeFileSystem.diskSpace(tmpdir());
    expect(space?.totalBytes).toBeGreaterThan(0);
    expect(space?.freeBytes).toBeLessThanOrEqual(space?.totalBytes ?? 0);
  });
});

describe.runIf(process.platform === 'linux')("the machine's disk", () => {
  it.each(['mkfifo', 'mkdir'])(
    'Q3 waits for nobody, and refuses what is no regular file by its name: %s',
    async (command) => {
      const { fileSystem, root } = await kinds['node']!();
      const path = `${root}/other`;
      spawnSync(command, [path]);
      const refusal = {
        code: command === 'mkdir' ? 'EISDIR' : 'EINVAL',
        message: expect.stringContaining(`'${path}'`) as string,
      };
      for (const mode of ['read', 'create', 'durable'] as const)
        await expect(fileSystem.open(path, mode)).rejects.toMatchObject(refusal);
      await expect(fileSystem.readFile(path)).rejects.toMatchObject(refusal);
      await expect(sizeOf(fileSystem, path)).rejects.toMatchObject(refusal);
    },
  );
});
