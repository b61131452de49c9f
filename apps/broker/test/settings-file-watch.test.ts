import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { watchSettingsFile } from '../src/settings-file-watch.ts';
import { readText } from '../src/settings-input.ts';

/** Watches a file of settings in an empty folder, and says what a reload would read. */
async function watched(prepare: (folder: string) => Promise<string>) {
  const folder = await mkdtemp(join(tmpdir(), 'q-watch-'));
  const path = await prepare(folder);
  let text: string | null = await readText(path);
  const seen: (string | null)[] = [];
  let wake = Promise.withResolvers<void>();
  const stop = watchSettingsFile({
    path,
    read: readText,
    lastText: () => text,
    changed: async () => {
      text = await readText(path).catch(() => null);
      seen.push(text);
      wake.resolve();
    },
    intervalMs: 10,
    settleMs: 20,
  });
  onTestFinished(async () => {
    stop();
    await rm(folder, { recursive: true, force: true });
  });
  const sees = async (wanted: string | null): Promise<void> => {
    while (seen.at(-1) !== wanted || seen.length === 0) {
      await wake.promise;
      wake = Promise.withResolvers<void>();
    }
  };
  return { folder, path, seen, sees };
}

const plain = async (folder: string): Promise<string> => {
  const path = join(folder, 'q.yaml');
  await writeFile(path, 'one');
  return path;
};

describe('the watch on the file of settings', () => {
  it('O3 sees a file that is written in place, and one that an editor puts in its place', async () => {
    const { folder, path, seen, sees } = await watched(plain);
    await writeFile(path, 'two');
    await sees('two');
    await writeFile(join(folder, '.q.yaml.swp'), 'three');
    await rename(join(folder, '.q.yaml.swp'), path);
    await sees('three');
    expect(seen).toEqual(['two', 'three']);
  });

  it('O3 sees a ConfigMap, whose files are links through a link that is swapped', async () => {
    const { folder, seen, sees } = await watched(async (root) => {
      await mkdir(join(root, '..one'));
      await writeFile(join(root, '..one', 'q.yaml'), 'one');
      await symlink('..one', join(root, '..data'));
      await symlink(join('..data', 'q.yaml'), join(root, 'q.yaml'));
      return join(root, 'q.yaml');
    });
    await mkdir(join(folder, '..two'));
    await writeFile(join(folder, '..two', 'q.yaml'), 'two');
    await symlink('..two', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await sees('two');
    expect(seen).toEqual(['two']);
  });

  it('O3 sees a file that is gone, once, and one that is there again', async () => {
    const { path, sees, seen } = await watched(plain);
    await unlink(path);
    await sees(null);
    await writeFile(path, 'two');
    await sees('two');
    expect(seen).toEqual([null, 'two']);
  });

  it('O3 is told of nothing by a file that only looks new', async () => {
    const { path, seen, sees } = await watched(plain);
    await writeFile(path, 'one');
    await writeFile(path, 'one');
    await writeFile(path, 'two');
    await sees('two');
    expect(seen).toEqual(['two']);
  });
});
