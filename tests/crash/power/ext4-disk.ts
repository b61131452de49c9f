import { execFile, spawn, spawnSync } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const shutdownProgram = fileURLToPath(new URL('ext4-shutdown.py', import.meta.url));
const imageBytes = 96 << 20;
const unmountPatienceMs = 5_000;
/** Whoever else asks for a loop device at the same moment may be given the same one, and one of the two fails. */
const triesMax = 5;

/**
 * A real ext4 in a file, mounted through a loop device, of which the power can be cut.
 *
 * Invariant: whatever happens, `dispose` unmounts it, lets its loop device go, and removes its files; where this
 * process ends before that, it is unmounted and its device let go on the way out.
 */
export class Ext4Disk implements AsyncDisposable {
  /** Where it is mounted. */
  readonly directory: string;
  readonly #folder: string;
  readonly #device: string;
  readonly #helper: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;
  readonly #letGoAtExit = (): void => this.#letGo();
  #isMounted = false;

  private constructor(folder: string, device: string) {
    this.#folder = folder;
    this.#device = device;
    this.directory = join(folder, 'mounted');
    this.#helper = spawn('python3', [shutdownProgram], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface({ input: this.#helper.stdout })[Symbol.asyncIterator]();
    process.once('exit', this.#letGoAtExit);
  }

  /** Why there can be no such disk here, or null. */
  static async missing(): Promise<string | null> {
    if (process.platform !== 'linux') return 'power cuts need Linux';
    if (process.getuid?.() !== 0) return 'power cuts need root';
    for (const program of ['mkfs.ext4', 'losetup', 'mount', 'umount', 'python3']) {
      const isThere = await run('sh', ['-c', `command -v ${program}`]).then(
        () => true,
        () => false,
      );
      if (!isThere) return `power cuts need ${program}`;
    }
    return await Ext4Disk.make().then(
      async (disk) => {
        await disk[Symbol.asyncDispose]();
        return null;
      },
      (error: unknown) => `power cuts need loop devices and ext4: ${String(error)}`,
    );
  }

  static async make(): Promise<Ext4Disk> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await Ext4Disk.#make();
      } catch (error) {
        if (tried === triesMax) throw error;
      }
    }
  }

  static async #make(): Promise<Ext4Disk> {
    const folder = await mkdtemp(join(tmpdir(), 'q-ext4-'));
    const image = join(folder, 'image');
    try {
      await writeFile(image, '');
      await truncate(image, imageBytes);
      await run('mkfs.ext4', ['-q', '-F', '-m', '0', image]);
      const { stdout } = await run('losetup', ['--find', '--show', image]);
      const disk = new Ext4Disk(folder, stdout.trim());
      await mkdir(disk.directory);
      await disk.mount().catch(async (error: unknown) => {
        await disk[Symbol.asyncDispose]();
        throw error;
      });
      return disk;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * Fails if the file system is still the one whose power was cut after some time: whoever starts a mount namespace
   * meanwhile, as tests of the folder's lock do, keeps what was mounted here alive until it ends.
   */
  async mount(): Promise<void> {
    const endMs = performance.now() + unmountPatienceMs;
    for (;;) {
      await run('mount', ['-t', 'ext4', this.#device, this.directory]);
      this.#isMounted = true;
      try {
        await this.#tryToWrite();
        return;
      } catch (error) {
        if (performance.now() > endMs) throw error;
        await this.unmount();
      }
    }
  }

  async #tryToWrite(): Promise<void> {
    const path = join(this.directory, 'probe');
    await writeFile(path, '');
    await rm(path);
  }

  /**
   * From here on nothing reaches the disk, and every operation on it fails. Returns a moment at which the power was
   * still on, right before the cut, on the clock of `process.hrtime`.
   */
  async cutPower(): Promise<bigint> {
    this.#helper.stdin.write(`${this.directory}\n`);
    const { value } = (await this.#answers.next()) as { value: string };
    const [ok, momentNs] = value.split(' ');
    if (ok !== 'ok' || momentNs === undefined) throw new Error(`the shutdown of ${this.directory} failed: ${value}`);
    return BigInt(momentNs);
  }

  /**
   * Waits for operations of a broker that failed to end, which the kernel may still have under way. Fails if a file
   * stays open.
   */
  async unmount(): Promise<void> {
    const endMs = performance.now() + unmountPatienceMs;
    for (;;) {
      try {
        await run('umount', [this.directory]);
        break;
      } catch (error) {
        if (performance.now() > endMs) throw error;
      }
    }
    this.#isMounted = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isMounted) await run('umount', ['--lazy', this.directory]);
    await run('losetup', ['--detach', this.#device]);
    process.removeListener('exit', this.#letGoAtExit);
    this.#helper.stdin.end();
    await once(this.#helper, 'close');
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** What can be done while a process ends: a loop device that is kept outlives it. */
  #letGo(): void {
    spawnSync('umount', ['--lazy', this.directory]);
    spawnSync('losetup', ['--detach', this.#device]);
  }
}
