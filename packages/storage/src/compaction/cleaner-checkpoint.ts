import { newerFormatError } from '../errors.ts';
import { readFileIfThere, replaceFile } from '../files/durable-file.ts';
import { cleanerCheckpointName } from '../files/file-names.ts';
import type { FileSystem } from '../ports/file-system.ts';

/*
 * File `cleaner-checkpoint` of a compacted partition, text, frozen:
 *
 *   0
 *   <cleaner point> <next horizon ms, or -1>
 *
 * Below the cleaner point, no key occurs twice as far as compaction is concerned. At the next horizon a tombstone
 * becomes due. A hint: without it, or with one from before a crash, compaction does work again that it had done. But
 * that the file is there means that offsets may have gaps, whatever the partition's policy is by now: so it is made
 * before the first gap is.
 */
export interface CleanerState {
  readonly cleanerPoint: number;
  readonly nextHorizonMs: number;
}

export class CleanerCheckpoint implements CleanerState {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #path: string;
  #isLoaded = false;
  #isThere = false;
  /** No crash takes its name away: not known of one that an earlier process has left. */
  #isDurable = false;
  cleanerPoint = 0;
  nextHorizonMs = -1;

  constructor(o: { fileSystem: FileSystem; directory: string }) {
    this.#fileSystem = o.fileSystem;
    this.#directory = o.directory;
    this.#path = `${o.directory}/${cleanerCheckpointName}`;
  }

  /** Reads the file, the first time. */
  async load(): Promise<void> {
    if (this.#isLoaded) return;
    const bytes = await readFileIfThere(this.#fileSystem, this.#path);
    const found = bytes === null ? null : decodeCleanerCheckpoint(bytes.toString('latin1'));
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    this.#isThere = bytes !== null;
    this.cleanerPoint = found?.cleanerPoint ?? 0;
    this.nextHorizonMs = found?.nextHorizonMs ?? -1;
  }

  /** Makes the file, if there is none yet, durably: disks may keep a later name and lose an earlier one. */
  async make(): Promise<void> {
    if (this.#isDurable) return;
    await this.load();
    if (!this.#isThere) await this.save({ cleanerPoint: this.cleanerPoint, nextHorizonMs: this.nextHorizonMs });
    await this.#fileSystem.syncDirectory(this.#directory);
    this.#isDurable = true;
  }

  /** A crash may bring the file that was there before back, or none. */
  async save(state: CleanerState): Promise<void> {
    this.#isLoaded = true;
    this.cleanerPoint = state.cleanerPoint;
    this.nextHorizonMs = state.nextHorizonMs;
    await replaceFile(this.#fileSystem, this.#path, Buffer.from(encodeCleanerCheckpoint(state)));
    this.#isThere = true;
  }
}

export function encodeCleanerCheckpoint(state: CleanerState): string {
  return `0\n${state.cleanerPoint} ${state.nextHorizonMs}\n`;
}

/** Null for what is no such text. Throws UNSUPPORTED_FORMAT for a later version. */
export function decodeCleanerCheckpoint(text: string): CleanerState | null {
  const found = Number(/^(\d{1,9})\n/.exec(text)?.[1] ?? 0);
  if (found > 0) throw newerFormatError({ file: cleanerCheckpointName, found, known: 0 });
  const match = /^0\n(\d{1,16}) (-1|\d{1,16})\n$/.exec(text);
  return match === null ? null : { cleanerPoint: Number(match[1]), nextHorizonMs: Number(match[2]) };
}
