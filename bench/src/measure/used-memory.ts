import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';

/*
 * Sees to it that the system's memory is in use, as it is on a machine that has run for a while: full of pages of
 * files, which give way to whatever is written next. Memory that is free is another matter on a virtual machine: its
 * host has taken it back, and hands it out again page by page at the first touch. Writing to files went ten times
 * slower there (0.4 instead of 4 GiB/s), and which of two programs met such pages was a matter of chance: it decided
 * ratios that were to say something about the programs.
 *
 * The pages are those of one file without content, larger than the memory, so that they cost no room on the disk and no
 * reads from it.
 */
/** The system keeps half a percent for itself; more would do for a good part of a run. */
const freeShareMax = 0.015;
const pieceBytes = 64 << 20;
const readBytes = 1 << 20;

export class UsedMemory implements AsyncDisposable {
  readonly #folder: string;
  readonly #file: FileHandle;
  readonly #sizeBytes: number;
  readonly #buffer = Buffer.alloc(readBytes);
  readonly #removeAtExit: () => void;
  #position = 0;

  private constructor(o: { folder: string; file: FileHandle; sizeBytes: number }) {
    this.#folder = o.folder;
    this.#file = o.file;
    this.#sizeBytes = o.sizeBytes;
    this.#removeAtExit = () => rmSync(o.folder, { recursive: true, force: true });
    process.once('exit', this.#removeAtExit);
  }

  /** `directory`: on a disk with sparse files. */
  static async open(directory: string): Promise<UsedMemory> {
    const folder = await mkdtemp(join(directory, 'q-bench-memory-'));
    const file = await open(join(folder, 'holes'), 'w+');
    const sizeBytes = Math.ceil((totalmem() * 1.1) / pieceBytes) * pieceBytes;
    await file.truncate(sizeBytes);
    return new UsedMemory({ folder, file, sizeBytes });
  }

  /**
   * Until next to nothing is free. Goes on behind the last pages that it has put into memory: the oldest are gone
   * first.
   */
  async fill(): Promise<void> {
    for (
      let passed = 0;
      passed < this.#sizeBytes && (await freeBytes()) > totalmem() * freeShareMax;
      passed += pieceBytes
    ) {
      for (let at = 0; at < pieceBytes; at += readBytes)
        await this.#file.read(this.#buffer, 0, readBytes, this.#position + at);
      this.#position = (this.#position + pieceBytes) % this.#sizeBytes;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
    await rm(this.#folder, { recursive: true, force: true });
    process.removeListener('exit', this.#removeAtExit);
  }
}

/** What Linux has no use for at the moment; 0 where that is not known, and nothing is to be done then. */
async function freeBytes(): Promise<number> {
  if (process.platform !== 'linux') return 0;
  const found = /^MemFree:\s+(\d+) kB/m.exec(await readFile('/proc/meminfo', 'utf8'));
  return found === null ? 0 : Number(found[1]) * 1024;
}
