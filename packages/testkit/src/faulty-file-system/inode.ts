import type { File } from '@q/storage';
import type { SeededRandom } from '../seeded-random.ts';

/*
 * What a disk knows of a file or a folder, apart from what the system shows.
 *
 * Invariants
 * - `live` is what readers see; `durable` is what certainly survives a crash; `unsynced` leads, in order, from one to
 *   the other.
 * - A crash applies any subset of the sectors and name changes that are unsynced; nothing synced is ever lost.
 */

type ContentChange =
  | { readonly kind: 'write'; readonly bytes: Buffer; readonly position: number }
  | { readonly kind: 'truncate'; readonly sizeBytes: number };

export class FileInode {
  readonly live: File;
  readonly #durable: File;
  #unsynced: ContentChange[] = [];
  modifiedMs: number;
  /** As readers see it. */
  sizeBytes = 0;

  constructor(o: { live: File; durable: File; modifiedMs: number }) {
    this.live = o.live;
    this.#durable = o.durable;
    this.modifiedMs = o.modifiedMs;
  }

  async write(buffers: readonly Buffer[], position: number): Promise<void> {
    const bytes = Buffer.concat(buffers);
    this.sizeBytes = Math.max(this.sizeBytes, position + bytes.length);
    this.#unsynced.push({ kind: 'write', bytes, position });
    await this.live.write([bytes], position);
  }

  async truncate(sizeBytes: number): Promise<void> {
    this.sizeBytes = sizeBytes;
    this.#unsynced.push({ kind: 'truncate', sizeBytes });
    await this.live.truncate(sizeBytes);
  }

  get isDirty(): boolean {
    return this.#unsynced.length > 0;
  }

  async sync(): Promise<void> {
    const changes = this.#unsynced;
    this.#unsynced = [];
    for (const change of changes) {
      if (change.kind === 'write') await this.#durable.write([change.bytes], change.position);
      else await this.#durable.truncate(change.sizeBytes);
    }
  }

  /**
   * What a failed sync does on Linux: the dirty pages are marked clean, so they are never written, and the next sync
   * succeeds.
   */
  loseUnsynced(): void {
    this.#unsynced = [];
  }

  /** The content after a crash: each unsynced sector and truncation is kept or lost on its own. */
  async afterCrash(o: CrashOfFile): Promise<Buffer> {
    const image = new Image(await this.#durable.read(0, await this.#durable.size()));
    for (const change of this.#unsynced) {
      if (change.kind === 'write') keepSectors(image, change, o);
      else if (o.random.chance(o.keepProbability)) image.truncate(change.sizeBytes);
    }
    return image.bytes;
  }
}

interface CrashOfFile {
  readonly random: SeededRandom;
  readonly keepProbability: number;
  readonly sectorBytes: number;
}

/** Where a lost sector lies before a kept one, the file has zeros, as a file system leaves them. */
function keepSectors(image: Image, { bytes, position }: { bytes: Buffer; position: number }, o: CrashOfFile): void {
  const end = position + bytes.length;
  for (let from = position; from < end;) {
    const until = Math.min(end, from - (from % o.sectorBytes) + o.sectorBytes);
    if (o.random.chance(o.keepProbability)) image.write(bytes.subarray(from - position, until - position), from);
    from = until;
  }
}

/** A file's bytes while they change: thousands of small writes at its end cost no copy of the whole each. */
class Image {
  #room: Buffer;
  #sizeBytes: number;

  /** Copies: the durable file's own bytes must not change. */
  constructor(bytes: Buffer) {
    this.#room = Buffer.from(bytes);
    this.#sizeBytes = bytes.length;
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#sizeBytes);
  }

  write(bytes: Buffer, position: number): void {
    if (position + bytes.length > this.#sizeBytes) this.truncate(position + bytes.length);
    bytes.copy(this.#room, position);
  }

  /** What it grows by is zeros. */
  truncate(sizeBytes: number): void {
    if (sizeBytes > this.#room.length) {
      const room = Buffer.alloc(Math.max(sizeBytes, 2 * this.#room.length));
      this.#room.copy(room, 0, 0, this.#sizeBytes);
      this.#room = room;
    } else if (sizeBytes > this.#sizeBytes) this.#room.fill(0, this.#sizeBytes, sizeBytes);
    this.#sizeBytes = sizeBytes;
  }
}

export type Inode = FileInode | DirectoryInode;

/**
 * One change of names: an entry made, removed, or moved (which happens wholly or not at all, also between two folders).
 */
export interface NameChange {
  readonly sequence: number;
  readonly edits: readonly {
    readonly directory: DirectoryInode;
    readonly name: string;
    readonly inode: Inode | null;
  }[];
}

export class DirectoryInode {
  readonly live: Map<string, Inode> = new Map();
  readonly durable: Map<string, Inode> = new Map();
  readonly unsynced: Set<NameChange> = new Set();

  static change(change: NameChange): void {
    for (const { directory, name, inode } of change.edits) {
      editNames(directory.live, name, inode);
      directory.unsynced.add(change);
    }
  }

  sync(): void {
    for (const change of this.unsynced) settle(change);
  }
}

/** The change becomes durable, in both folders if it spans two. */
function settle(change: NameChange): void {
  for (const { directory, name, inode } of change.edits) {
    editNames(directory.durable, name, inode);
    directory.unsynced.delete(change);
  }
}

export function editNames(entries: Map<string, Inode>, name: string, inode: Inode | null): void {
  if (inode === null) entries.delete(name);
  else entries.set(name, inode);
}
