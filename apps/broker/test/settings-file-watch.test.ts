import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { watchSettingsFile } from '../src/settings-file-watch.ts';
import { oneByOne } from '../src/follow-settings.ts';
import { programInput, readText as readSettings } from '../src/settings-input.ts';

const readText = async (path: string): Promise<string> => (await readSettings(path)).text;

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

describe('what the program reads again', () => {
  it('O3 refuses a file that has become empty, which nobody means', async () => {
    const { path } = await watched(plain);
    const input = programInput({ argv: [], env: {} });
    expect(await input.readFile(path)).toBe('one');
    await writeFile(path, '');
    await expect(input.readFile(path)).rejects.toThrow('it is empty now');
    await writeFile(path, '# nothing');
    expect(await input.readFile(path)).toBe('# nothing');
  });

  it('Q3 refuses a file that is too large to be one of settings', async () => {
    const { path } = await watched(plain);
    await writeFile(path, '#'.repeat((1 << 20) + 1));
    await expect(programInput({ argv: [], env: {} }).readFile(path)).rejects.toThrow('a file of settings at most');
  });

  it('Q3 refuses what has become a pipe, and does not wait for who has the other end of it', async () => {
    const { path } = await watched(plain);
    const input = programInput({ argv: [], env: {} });
    await input.readFile(path);
    await rm(path);
    spawnSync('mkfifo', [path]);
    await expect(input.readFile(path)).rejects.toThrow('it is not a file any more');
  });

  it('O3 reads what is no file once: a pipe has nothing more to say', async () => {
    const input = programInput({ argv: [], env: {} });
    const none = await input.readFile('/dev/null');
    expect([none, input.last]).toEqual(['', { text: '', isFile: false }]);
    expect(await input.readFile('/nowhere')).toBe('');
  });

  it('O3 is asked for one at a time, however many signals come', async () => {
    let [runs, most, now] = [0, 0, 0];
    let release = Promise.withResolvers<void>();
    const ask = oneByOne(async () => {
      runs += 1;
      most = Math.max(most, (now += 1));
      await release.promise;
      now -= 1;
    });
    for (let signals = 0; signals < 100; signals += 1) ask();
    release.resolve();
    release = Promise.withResolvers<void>();
    await new Promise((resolve) => setImmediate(resolve));
    expect([runs, most]).toEqual([2, 1]);
    release.resolve();
  });
});
