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
  async afterCrash(o: { random: SeededRandom; keepProbability: number; sectorBytes: number }): Promise<Buffer> {
    let image = await this.#durable.read(0, await this.#durable.size());
    for (const change of this.#unsynced) {
      if (change.kind === 'write') image = keepSectors(image, change, o);
      else if (o.random.chance(o.keepProbability)) image = resized(image, change.sizeBytes);
    }
    return image;
  }
}

/** Where a lost sector lies before a kept one, the file has zeros, as a file system leaves them. */
function keepSectors(
  image: Buffer,
  change: { bytes: Buffer; position: number },
  o: { random: SeededRandom; keepProbability: number; sectorBytes: number },
): Buffer {
  const end = change.position + change.bytes.length;
  let kept = image;
  for (let from = change.position; from < end;) {
    const until = Math.min(end, from - (from % o.sectorBytes) + o.sectorBytes);
    if (o.random.chance(o.keepProbability)) {
      kept = kept === image || kept.length < until ? resized(kept, Math.max(kept.length, until)) : kept;
      change.bytes.copy(kept, from, from - change.position, until - change.position);
    }
    from = until;
  }
  return kept;
}

/** Always a copy: the durable file's own bytes must not change. */
function resized(bytes: Buffer, sizeBytes: number): Buffer {
  const copy = Buffer.alloc(sizeBytes);
  bytes.copy(copy, 0, 0, Math.min(bytes.length, sizeBytes));
  return copy;
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
