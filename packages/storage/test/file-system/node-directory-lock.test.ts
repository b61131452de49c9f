import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { defaultLogConfig, nodeFileSystem, openDirectoryStore } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batch } from '../conformance/harness.ts';

const holder = `
  import { nodeFileSystem } from '@q/storage';
  await nodeFileSystem.lock(process.argv[1]);
  console.log('locked');
  setInterval(() => {}, 1_000);
`;

/** Tries to lock the folder, and prints what came of it. */
const contender = `
  import { nodeFileSystem } from '@q/storage';
  const text = await nodeFileSystem.lock(process.argv[1]).then(() => 'has it', (error) => error.code + ' ' + error.message);
  console.log(text);
`;

/** What a container has of its own, each alone and all together. */
const namespaces: readonly (readonly string[])[] = [
  ['--pid', '--fork', '--mount-proc'],
  ['--net'],
  ['--mount'],
  ['--user'],
  ['--user', '--map-root-user'],
  ['--ipc', '--uts', '--cgroup'],
  ['--pid', '--fork', '--mount-proc', '--net', '--mount', '--ipc', '--uts', '--cgroup'],
];

let directory: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(`${tmpdir()}/q-lock-`);
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** Another process that has the lock. */
async function otherOwner(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--conditions=@q/source', '--input-type=module', '-e', holder, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

describe('the lock of a data folder', () => {
  it('S2 keeps a second process out, and names the one that has it', async () => {
    const child = await otherOwner();
    const opening = openDirectoryStore({ directory, onFatal: () => undefined });
    await expect(opening).rejects.toMatchObject({
      code: 'STORAGE_LOCKED',
      details: { directory, pid: child.pid },
      message: expect.stringContaining(`process ${child.pid}`),
    });
  });

  it('S2 is free at once after kill -9', async () => {
    const child = await otherOwner();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = await nodeFileSystem.lock(directory);
    expect(await readFile(`${directory}/.lock`, 'utf8')).toMatch(new RegExp(`^${process.pid}\n`));
    await lock.release();
    expect(await readdir(directory)).toEqual(['.lock.held']);
  });

  it('S2 a lock file of any bytes names nobody', async () => {
    const bytes = Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 197 + 31) % 256));
    for (const content of [
      bytes,
      Buffer.concat([Buffer.from(`${process.ppid}\n\n`), bytes]),
      Buffer.from(`1\n\n../${'x'.repeat(300)}\n`),
    ]) {
      await writeFile(`${directory}/.lock`, content);
      await (await nodeFileSystem.lock(directory)).release();
      expect(await readdir(directory)).toEqual(['.lock.held']);
    }
  });

  it.runIf(process.platform === 'linux')(
    'S2 is free after kill -9, also while the parent of the dead one does not ask for it',
    async () => {
      // The shell starts the holder, and becomes a program that never waits for it.
      const args = [
        '-c',
        '"$0" "$@" & exec sleep 600',
        process.execPath,
        '--conditions=@q/source',
        '--input-type=module',
        '-e',
        holder,
        directory,
      ];
      const parent = spawn('sh', args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname });
      children.push(parent);
      await once(parent.stdout, 'data');
      const [pid] = (await readFile(`${directory}/.lock`, 'utf8')).split('\n');
      process.kill(Number(pid), 'SIGKILL');
      while (!/\) Z(?: \S+){16} 1 /.test(await readFile(`/proc/${pid}/stat`, 'utf8')))
        await new Promise((resolve) => setImmediate(resolve));
      await (await nodeFileSystem.lock(directory)).release();
      expect(await readdir(directory)).toEqual(['.lock.held']);
    },
  );

  it('S2 is not held by another process that happens to have the pid of a dead one', async () => {
    await writeFile(`${directory}/.lock`, `${process.ppid}\nsome other start\n6f9619ff-8b86-4d01-b42d-00cf4fc964ff\n`);
    await (await nodeFileSystem.lock(directory)).release();
    expect(await readdir(directory)).toEqual(['.lock.held']);
  });

  it('S2 goes to exactly one of many heirs', async () => {
    for (let round = 0; round < 10; round += 1) {
      await writeFile(`${directory}/.lock`, `999999999\n\ndead-${round}\n`);
      // An heir that died before it took over.
      if (round % 2 === 1)
        await writeFile(`${directory}/.lock.after-dead-${round}`, `999999999\n\ndead-heir-${round}\n`);
      const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => nodeFileSystem.lock(directory)));
      const won = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
      expect(won).toHaveLength(1);
      for (const attempt of attempts) {
        if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'STORAGE_LOCKED' });
      }
      await won[0]?.release();
      expect(await readdir(directory)).toEqual(['.lock.held']);
    }
  });

  it('S2 a lock file that is no lock file does not keep the folder closed for ever', async () => {
    await writeFile(`${directory}/.lock`, '');
    await (await nodeFileSystem.lock(directory)).release();
    expect(await readdir(directory)).toEqual(['.lock.held']);
  });

  for (const namespace of namespaces) {
    it(`S2 keeps out a process in other namespaces: unshare ${namespace.join(' ')}`, async ({ skip }) => {
      const probe = spawnSync('unshare', [...namespace, 'true'], { encoding: 'utf8' });
      if (probe.status !== 0) return skip(`namespaces cannot be made here: ${probe.error?.message ?? probe.stderr}`);
      const child = await otherOwner();
      const args = [
        ...namespace,
        process.execPath,
        '--conditions=@q/source',
        '--input-type=module',
        '-e',
        contender,
        directory,
      ];
      const tried = (): string => spawnSync('unshare', args, { encoding: 'utf8', cwd: import.meta.dirname }).stdout;
      expect(tried()).toMatch(new RegExp(`^STORAGE_LOCKED .* process ${child.pid} of host `));
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(tried()).toBe('has it\n');
    });
  }

  it('S2 of a copied folder is free, also while the original is in use', async () => {
    await otherOwner();
    const copy = await mkdtemp(`${tmpdir()}/q-lock-`);
    try {
      await cp(directory, copy, { recursive: true });
      expect(await readdir(copy)).toEqual(['.lock', '.lock.held']);
      await (await nodeFileSystem.lock(copy)).release();
    } finally {
      await rm(copy, { recursive: true });
    }
  });

  it('S2 is kept by a process that stands still', async () => {
    const child = await otherOwner();
    child.kill('SIGSTOP');
    await expect(nodeFileSystem.lock(directory)).rejects.toMatchObject({ code: 'STORAGE_LOCKED' });
  });

  it('S2 of a living process of an older release, which has no lock of the kernel, is honoured', async () => {
    await writeFile(`${directory}/.lock`, `${process.ppid}\n\n6f9619ff-8b86-4d01-b42d-00cf4fc964ff\n`);
    await expect(nodeFileSystem.lock(directory)).rejects.toMatchObject({
      code: 'STORAGE_LOCKED',
      details: { pid: process.ppid },
    });
    expect(await readdir(directory)).toEqual(['.lock', '.lock.held']);
  });

  it('S2 is kept by a process that the kernel took it from, because it opened and closed the file', async () => {
    const lock = await nodeFileSystem.lock(directory);
    await readFile(`${directory}/.lock.held`);
    const args = ['--conditions=@q/source', '--input-type=module', '-e', contender, directory];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: import.meta.dirname });
    expect(stdout).toMatch(/^STORAGE_LOCKED /);
    await lock.release();
  });

  /** From another namespace, where the pid of the owner says nothing. */
  function contend(): string {
    const node = [process.execPath, '--conditions=@q/source', '--input-type=module', '-e', contender, directory];
    return spawnSync(node[0]!, node.slice(1), {
      encoding: 'utf8',
      cwd: import.meta.dirname,
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    }).stdout;
  }

  /** A name that tells nobody anything, as in another container. */
  async function makeSignatureStrange(): Promise<void> {
    const lines = (await readFile(`${directory}/.lock`, 'utf8')).split('\n');
    lines[0] = '4194304';
    await writeFile(`${directory}/.lock`, lines.join('\n'));
  }

  it('S2 is taken again after this process has copied the folder', async () => {
    const lock = await nodeFileSystem.lock(directory);
    cpSync(directory, `${directory}.backup`, { recursive: true });
    await rm(`${directory}.backup`, { recursive: true });
    await makeSignatureStrange();
    expect(lock.renew?.()).toBe(true);
    expect(contend()).toMatch(/^STORAGE_LOCKED /);
    expect(await readFile(`${directory}/.lock.held`, 'utf8')).toBe('');
    await lock.release();
    expect(contend()).toMatch(/^has it/);
  });

  it('S2 is taken again after its file was removed, and stays so however often that is asked', async () => {
    const lock = await nodeFileSystem.lock(directory);
    await rm(`${directory}/.lock.held`);
    await makeSignatureStrange();
    for (let round = 0; round < 10; round += 1) expect(lock.renew?.()).toBe(true);
    expect(contend()).toMatch(/^STORAGE_LOCKED /);
    await lock.release();
  });

  it('S2 of an owner that may be alive, in another namespace, is taken slowly: it has noticed before anything is read', async () => {
    const other = await nodeFileSystem.lock(directory);
    const lines = (await readFile(`${directory}/.lock`, 'utf8')).split('\n');
    await other.release();
    const tookMs = async (startedAt: string): Promise<number> => {
      await writeFile(`${directory}/.lock`, lines.with(1, startedAt).join('\n'));
      const from = performance.now();
      await (await nodeFileSystem.lock(directory)).release();
      return performance.now() - from;
    };
    const [boot, , tick] = lines[1]!.split(' ');
    if (boot === '') return;
    expect(await tookMs(`${boot} pid:[1] ${tick}`)).toBeGreaterThan(1_000);
    expect(await tookMs(`another-boot pid:[1] ${tick}`)).toBeLessThan(1_000);
    expect(await tookMs(lines[1]!)).toBeLessThan(1_000);
  });

  for (const how of ['copied', 'removed']) {
    it(`S2 is known to be lost when the file was ${how} and another process came in; its name stays signed`, async () => {
      const lock = await nodeFileSystem.lock(directory);
      if (how === 'copied') await readFile(`${directory}/.lock.held`);
      else await rm(`${directory}/.lock.held`);
      await makeSignatureStrange();
      await otherOwner();
      const signed = await readFile(`${directory}/.lock`, 'utf8');
      expect(lock.renew?.()).toBe(false);
      expect(lock.renew?.()).toBe(false);
      await lock.release();
      expect(await readFile(`${directory}/.lock`, 'utf8')).toBe(signed);
      expect(contend()).toMatch(/^STORAGE_LOCKED /);
    });
  }

  it('S2 of a store that lost its folder to another process: it stops, and changes nothing there any more', async () => {
    const clock = new ManualClock();
    const fatal: Error[] = [];
    const store = await openDirectoryStore({ directory, clock, onFatal: (error) => fatal.push(error) });
    const id = { topic: 'a', topicId: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff', partition: 0 };
    const log = await store.open(id, defaultLogConfig);
    await readFile(`${directory}/.lock.held`);
    await makeSignatureStrange();
    await otherOwner();
    const append = log.append(batch(['late']), { leaderEpoch: 0 });
    await clock.advance(1_000);
    expect(fatal).toMatchObject([{ code: 'STORAGE_FAILED', cause: { code: 'STORAGE_LOCKED' } }]);
    await expect(append.durable).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(store.delete(id)).rejects.toMatchObject({ code: 'STORAGE_LOCKED' });
    await store.close();
    expect(await readdir(directory)).not.toContain('.clean-shutdown');
    expect(contend()).toMatch(/^STORAGE_LOCKED /);
  });

  it('S2 is not taken where its file may only be read: the system says so', async ({ skip }) => {
    const user = 65_534;
    await writeFile(`${directory}/.lock.held`, '');
    await chmod(directory, 0o777);
    await chmod(`${directory}/.lock.held`, 0o444);
    const args = ['--conditions=@q/source', '--input-type=module', '-e', contender, directory];
    const as = process.getuid?.() === 0 ? { uid: user, gid: user } : {};
    const { stdout, error } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: import.meta.dirname, ...as });
    if (error) return skip(`another user cannot run this program: ${error.message}`);
    expect(stdout).toMatch(/^EACCES .*\.lock\.held/);
  });

  it('S2 says what is wrong with the file that is to be locked', async () => {
    await writeFile(`${directory}/.lock.held`, 'something else '.repeat(100));
    await expect(nodeFileSystem.lock(directory)).rejects.toMatchObject({
      code: 'EINVAL',
      message: expect.stringContaining('remove it'),
    });
    await rm(`${directory}/.lock.held`);
    await mkdir(`${directory}/.lock.held`);
    await expect(nodeFileSystem.lock(directory)).rejects.toMatchObject({
      code: 'EINVAL',
      message: expect.stringContaining('.lock.held'),
    });
  });

  it('S2 says what the system says of a folder that is not there', async () => {
    await expect(nodeFileSystem.lock(`${directory}/absent`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('S2 is let go also where its name cannot be removed, and where that comes back with a power cut', async () => {
    const lock = await nodeFileSystem.lock(directory);
    const signed = await readFile(`${directory}/.lock`);
    await rm(`${directory}/.lock`);
    await mkdir(`${directory}/.lock`);
    await lock.release();
    await rm(`${directory}/.lock`, { recursive: true });
    await writeFile(`${directory}/.lock`, signed);
    await (await nodeFileSystem.lock(directory)).release();
    expect(await readdir(directory)).toEqual(['.lock.held']);
  });
});
