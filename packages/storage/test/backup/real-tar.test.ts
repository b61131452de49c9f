import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkTar, nodeFileSystem } from '@q/storage';
import { describe, expect, it, onTestFinished } from 'vitest';
import { append, numbered, orders } from '../conformance/harness.ts';
import { DiskUnderTest } from '../fixtures.ts';
import { bytesOf, folderAt, inPieces, problemsOf, tarOf } from './backup-scene.ts';

function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'q-tar-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe("a backup and the system's tar", () => {
  it('O2: tar unpacks what a broker gives into a folder of backups', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    await append(log, numbered(20));
    const path = temporaryFolder();
    writeFileSync(join(path, 'x.tar'), await bytesOf(tarOf({ store: under.store, ids: [orders] })));
    execFileSync('tar', ['-xf', join(path, 'x.tar'), '-C', path]);
    rmSync(join(path, 'x.tar'));
    const folder = folderAt(nodeFileSystem, path);
    expect(await problemsOf(folder, await folder.read())).toEqual([]);
  });

  it.each(['gnu', 'pax', 'ustar'])(
    'O2: a folder that tar has packed as %s is read, the newest backup of it',
    async (format) => {
      const under = await DiskUnderTest.start();
      const log = await under.open();
      const path = join(temporaryFolder(), 'backup');
      const folder = folderAt(nodeFileSystem, path);
      await append(log, numbered(20));
      const first = await folder.receive(tarOf({ store: under.store, ids: [orders] }));
      await append(log, numbered(20, 20));
      const second = await folder.receive(tarOf({ store: under.store, ids: [orders], earlier: first }));
      execFileSync('tar', [`--format=${format}`, '-cf', `${path}.tar`, '-C', path, '.']);
      const packed = readFileSync(`${path}.tar`);
      const checked = await checkTar(inPieces(packed));
      expect(checked).toMatchObject({ problems: [], elsewhere: 0, manifest: { head: { id: second.head.id } } });
      const target = folderAt(under.disk);
      const taken = await target.receive(inPieces(packed));
      expect(taken).toEqual(second);
      expect(await problemsOf(target, taken)).toEqual([]);
    },
  );
});
