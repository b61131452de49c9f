import { crc32c } from '@q/protocol';
import type { DiskReserve } from '../room/disk-reserve.ts';
import { readFileIfThere, replaceFile } from '../files/durable-file.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { StorageLog } from '../ports/storage-log.ts';

/*
 * Files `recovery-point-offset-checkpoint` and `log-start-offset-checkpoint`, text, one item a line; frozen (it is the
 * public layout):
 *
 *   0                              version
 *   <count>
 *   <topic> <partition> <offset>   count times
 *
 * The last item of a file that has any is ours: `~crc32c 0 <CRC-32C of the item lines before it, joined by newlines>`.
 * A digit that flips in a start offset would hide records and remove their files. Others see a partition of a topic
 * that does not exist, as no topic's name begins with `~`. A file without it, written by another tool, is taken as it
 * is.
 */
const checksumTopic = '~crc32c';

export interface CheckpointEntry {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export function encodeOffsetCheckpoint(entries: readonly CheckpointEntry[]): Buffer {
  const lines = entries.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`);
  if (lines.length > 0) lines.push(`${checksumTopic} 0 ${checksumOf(lines)}`);
  return Buffer.from(`${['0', String(lines.length), ...lines].join('\n')}\n`);
}

function checksumOf(lines: readonly string[]): number {
  return crc32c(Buffer.from(lines.join('\n')));
}

/** Null when the text is not whole and sound. */
export function decodeOffsetCheckpoint(bytes: Buffer): CheckpointEntry[] | null {
  const [version, count, ...lines] = bytes.toString('utf8').replace(/\n$/, '').split('\n');
  if (version !== '0' || count !== String(lines.length)) return null;
  const last = lines.at(-1);
  if (last?.startsWith(`${checksumTopic} `) === true) {
    lines.pop();
    if (last !== `${checksumTopic} 0 ${checksumOf(lines)}`) return null;
  }
  const entries: CheckpointEntry[] = [];
  for (const line of lines) {
    const match = /^(\S+) (\d+) (\d+)$/.exec(line);
    const [partition, offset] = [Number(match?.[2]), Number(match?.[3])];
    if (!match || !Number.isSafeInteger(partition) || !Number.isSafeInteger(offset)) return null;
    entries.push({ topic: match[1] as string, partition, offset });
  }
  return entries;
}

/**
 * One of the two files. Saves that are asked for while one is under way share the next one; each returns after values
 * that were current when it was asked for are durable.
 */
export class OffsetCheckpoint {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #path: string;
  readonly #reserve: Pick<DiskReserve, 'withRoom'>;
  readonly #collect: () => readonly CheckpointEntry[];
  #isReadable = true;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(o: {
    fileSystem: FileSystem;
    directory: string;
    reserve: Pick<DiskReserve, 'withRoom'>;
    name: string;
    collect: () => readonly CheckpointEntry[];
  }) {
    this.#fileSystem = o.fileSystem;
    this.#directory = o.directory;
    this.#path = `${o.directory}/${o.name}`;
    this.#reserve = o.reserve;
    this.#collect = o.collect;
  }

  /**
   * What an earlier run has saved. A file that is not sound is reported and counts as empty: more is read at recovery.
   */
  async load(log: StorageLog): Promise<CheckpointEntry[]> {
    const bytes = await readFileIfThere(this.#fileSystem, this.#path);
    if (!bytes) return [];
    const entries = decodeOffsetCheckpoint(bytes);
    if (!entries)
      log.warn(
        { event: 'folder.checkpoint_unreadable', file: this.#path },
        'a checkpoint file is unreadable; recovery reads more of the logs instead',
      );
    this.#isReadable = entries !== null;
    return entries ?? [];
  }

  /** False when `load` met a file that is not sound. */
  get isReadable(): boolean {
    return this.#isReadable;
  }

  async save(): Promise<void> {
    if (this.#next) return await this.#next;
    if (!this.#running) return await this.#start();
    this.#next = this.#afterRunning();
    await this.#next;
  }

  /** Ends when no save is under way or asked for, however it ended. */
  async idle(): Promise<void> {
    await Promise.allSettled([this.#running, this.#next]);
  }

  async #afterRunning(): Promise<void> {
    await Promise.allSettled([this.#running]);
    this.#next = null;
    await this.#start();
  }

  async #start(): Promise<void> {
    this.#running = this.#write();
    try {
      await this.#running;
    } finally {
      this.#running = null;
    }
  }

  async #write(): Promise<void> {
    // On a full disk, too: what makes room waits for it.
    await this.#reserve.withRoom(() =>
      replaceFile(this.#fileSystem, this.#path, encodeOffsetCheckpoint(this.#collect())),
    );
    await this.#fileSystem.syncDirectory(this.#directory);
  }
}
