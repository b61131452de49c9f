import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeClock } from '@q/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FolderFiles } from '../../src/object-store/folder/folder-files.ts';
import { FolderObjectStore } from '../../src/object-store/folder/folder-object-store.ts';
import { nodeFolderFiles } from '../../src/object-store/folder/node-folder-files.ts';
import { objectStoreConformance } from './conformance.ts';

const call = { timeoutMs: 20_000 };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'q-folder-store-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function storeWith(files: Partial<FolderFiles> = {}): FolderObjectStore {
  return new FolderObjectStore({
    folder: join(folder, 'deep/er'),
    files: { ...nodeFolderFiles, ...files },
    clock: nodeClock,
  });
}

/** What is asked of the disk, in order, with paths inside the folder. */
function watched(): { readonly steps: string[]; readonly store: FolderObjectStore } {
  const steps: string[] = [];
  const told = (step: string, ...paths: readonly string[]): void => {
    const inside = paths.map((path) => path.slice(folder.length).replace(/\.drafts\/.+/, 'draft'));
    steps.push([step, ...inside].join(' '));
  };
  const files = nodeFolderFiles;
  const store = storeWith({
    writeNew: (path, bytes) => (told('write', path), files.writeNew(path, bytes)),
    link: (from, to) => (told('link', from, to), files.link(from, to)),
    syncFolder: (path) => (told('sync', path), files.syncFolder(path)),
    removeFile: (path) => (told('remove', path), files.removeFile(path)),
  });
  return { steps, store };
}

function failWith(code: string): () => Promise<never> {
  return () => Promise.reject(Object.assign(new Error(`${code}: as the test has it`), { code }));
}

describe('a store in a folder', () => {
  objectStoreConformance(() => Promise.resolve(storeWith()));
});

describe('a store in a folder, and the disk', () => {
  it('B7 makes an object durable before it says so: bytes, name, and every folder on the way', async () => {
    const { steps, store } = watched();
    expect(await store.create('s/1', Buffer.from('x'), call)).toEqual({ outcome: 'created' });
    expect(steps).toEqual([
      'sync ',
      'sync /deep',
      'sync /deep/er',
      'write /deep/er/draft',
      'sync /deep/er',
      'link /deep/er/draft /deep/er/s/1',
      'sync /deep/er/s',
      'remove /deep/er/draft',
    ]);
    steps.length = 0;
    expect(await store.create('s/2', Buffer.from('x'), call)).toEqual({ outcome: 'created' });
    expect(steps.filter((step) => step.startsWith('sync'))).toEqual(['sync /deep/er/s']);
    expect(await readdir(join(folder, 'deep/er/.drafts'))).toEqual([]);
  });

  it('B7 shows no object that a power cut may take away', async () => {
    const other = storeWith({ removeFile: failWith('EIO') });
    await other.create('s/1', Buffer.from('x'), call);
    const { steps, store } = watched();
    expect(await store.get('s/1', call)).toMatchObject({ outcome: 'found' });
    expect(await store.range('s/1', { lastBytes: 1 }, call)).toMatchObject({ outcome: 'found' });
    expect(steps).toEqual(['sync /deep/er/s', 'sync /deep/er/s']);
    steps.length = 0;
    await store.create('s/2', Buffer.from('x'), call);
    steps.length = 0;
    expect(await store.get('s/2', call)).toMatchObject({ outcome: 'found' });
    expect(steps).toEqual([]);
    expect(await store.create('s/1', Buffer.from('y'), call)).toEqual({ outcome: 'taken' });
    expect(steps.slice(-2)).toEqual(['sync /deep/er/s', 'remove /deep/er/draft']);
  });

  it('B7 tells what is refused from what nobody knows', async () => {
    const create = async (files: Partial<FolderFiles>): Promise<unknown> =>
      await storeWith(files).create('s/1', Buffer.from('x'), call);
    const refused = (kind: string): object => ({ outcome: 'refused', fault: { kind } });
    expect(await create({ writeNew: failWith('ENOSPC') })).toMatchObject(refused('full'));
    expect(await create({ makeFolder: failWith('EACCES') })).toMatchObject(refused('denied'));
    expect(await create({ link: failWith('EROFS') })).toMatchObject(refused('denied'));
    expect(await create({ link: failWith('EXDEV') })).toMatchObject(refused('rejected'));
    const unknown = { outcome: 'unknown', fault: { kind: 'server' } };
    expect(await create({ link: failWith('EIO') })).toMatchObject(unknown);
    const failOnce = (path: string): Promise<void> =>
      steps.push(path) > 1 ? failWith('EIO')() : nodeFolderFiles.syncFolder(path);
    const steps: string[] = [];
    expect(await create({ syncFolder: failOnce })).toMatchObject({ outcome: 'refused', fault: { kind: 'server' } });
    await create({});
    const failed = (path: string): Promise<void> =>
      path.endsWith('/s') ? failWith('EIO')() : nodeFolderFiles.syncFolder(path);
    expect(await create({ syncFolder: failed })).toMatchObject(unknown);
    expect(await storeWith({ read: failWith('EIO') }).get('s/1', call)).toMatchObject({ outcome: 'failed' });
    expect(await storeWith({ removeFile: failWith('EACCES') }).delete('s/1', call)).toMatchObject({
      outcome: 'failed',
      fault: { kind: 'denied' },
    });
  });

  it('B7 knows its own link again when the answer to it was lost', async () => {
    const store = storeWith({
      async link(from, to) {
        await nodeFolderFiles.link(from, to);
        await nodeFolderFiles.link(from, to);
      },
    });
    expect(await store.create('s/1', Buffer.from('x'), call)).toEqual({ outcome: 'created' });
  });

  it('B7 stores nothing for who gave up while it was written', async () => {
    const abort = new AbortController();
    const body = Buffer.from('then');
    const store = storeWith({
      async writeNew(path, bytes) {
        abort.abort();
        bytes.fill('x');
        await nodeFolderFiles.writeNew(path, bytes);
      },
    });
    const { signal } = abort;
    const result = await store.create('s/1', body, { ...call, signal });
    expect(result).toMatchObject({ outcome: 'unknown', fault: { kind: 'aborted' } });
    // Later calls come after it: each goes through the same folder.
    await storeWith().create('s/2', Buffer.from('y'), call);
    expect(await storeWith().get('s/1', call)).toEqual({ outcome: 'absent' });
  });

  it('removes drafts of processes that died long ago, and no others', async () => {
    await storeWith().create('s/1', Buffer.from('x'), call);
    const drafts = join(folder, 'deep/er/.drafts');
    await writeFile(join(drafts, 'old'), 'x');
    await writeFile(join(drafts, 'new'), 'x');
    const longAgo = new Date(Date.now() - 3 * 24 * 60 * 60 * 1_000);
    await utimes(join(drafts, 'old'), longAgo, longAgo);
    await storeWith().create('s/2', Buffer.from('x'), call);
    expect(await readdir(drafts)).toEqual(['new']);
    expect(await storeWith().list('', call)).toMatchObject({ names: ['s/1', 's/2'] });
  });

  it('A2 makes files and folders for its user alone', async () => {
    await storeWith().create('s/1', Buffer.from('x'), call);
    const path = join(folder, 'deep/er/s/1');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'deep/er/s'))).mode & 0o777).toBe(0o700);
    expect((await readFile(path)).toString()).toBe('x');
  });

  it('goes on when somebody has removed its folders', async () => {
    const store = storeWith();
    await store.create('s/1', Buffer.from('x'), call);
    await rm(join(folder, 'deep'), { recursive: true });
    expect(await store.create('s/2', Buffer.from('x'), call)).toMatchObject({ outcome: 'refused' });
    expect(await store.create('s/2', Buffer.from('x'), call)).toEqual({ outcome: 'created' });
  });

  it('refuses where no folder can be made, although the one above is there', async () => {
    const store = storeWith({ makeFolder: failWith('ENOENT') });
    expect(await store.create('s/1', Buffer.from('x'), call)).toMatchObject({
      outcome: 'refused',
      fault: { kind: 'no_store' },
    });
  });

  it('refuses a name that is the beginning of the path of another, and one that goes on behind another', async () => {
    const store = storeWith();
    await store.create('s/1', Buffer.from('x'), call);
    const refused = { outcome: 'refused', fault: { kind: 'rejected' } };
    expect(await store.create('s', Buffer.from('x'), call)).toMatchObject(refused);
    expect(await store.get('s', call)).toEqual({ outcome: 'absent' });
    expect(await store.create('s/1/2', Buffer.from('x'), call)).toMatchObject(refused);
    expect(await store.get('s/1/2', call)).toEqual({ outcome: 'absent' });
    expect(await store.get('s/1', call)).toMatchObject({ outcome: 'found' });
  });
});
