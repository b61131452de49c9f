import { StorageError } from '../errors.ts';
import type { DirectoryLock, DiskSpace, File, FileStat, FileSystem, OpenMode } from '../ports/file-system.ts';

/*
 * Files as lists of the very buffers that were written: nothing is copied on the way in, and a read of what was written
 * in one piece is a view. Folders exist as names only. Nothing is durable, so syncing does nothing.
 */
export class MemoryFileSystem implements FileSystem {
  readonly copiesWrites = false;
  readonly #files = new Map<string, MemoryContent>();
  readonly #directories = new Set<string>(['', '/']);
  readonly #locks = new Set<string>();

  async open(path: string, mode: OpenMode): Promise<File> {
    let content = this.#files.get(path);
    if (!content) {
      if (mode !== 'create') throw systemError('ENOENT', path);
      if (!this.#directories.has(parentOf(path))) throw systemError('ENOENT', path);
      content = new MemoryContent();
      this.#files.set(path, content);
    }
    return new MemoryFile(content, mode === 'durable');
  }

  async readFile(path: string): Promise<Buffer> {
    const content = this.#content(path);
    return content.read(0, content.sizeBytes);
  }

  async readDirectory(path: string): Promise<string[]> {
    if (!this.#directories.has(path)) throw systemError('ENOENT', path);
    const names: string[] = [];
    for (const name of this.#files.keys()) if (parentOf(name) === path) names.push(name.slice(path.length + 1));
    for (const name of this.#directories)
      if (name !== '' && parentOf(name) === path) names.push(name.slice(path.length + 1));
    return names;
  }

  async makeDirectory(path: string): Promise<void> {
    for (let name = path; !this.#directories.has(name); name = parentOf(name)) this.#directories.add(name);
  }

  async rename(from: string, to: string): Promise<void> {
    if (this.#directories.has(from)) {
      this.#renameDirectory(from, to);
      return;
    }
    const content = this.#content(from);
    this.#files.delete(from);
    this.#files.set(to, content);
  }

  #renameDirectory(from: string, to: string): void {
    const inside = `${from}/`;
    this.#directories.delete(from);
    this.#directories.add(to);
    for (const name of this.#directories) {
      if (!name.startsWith(inside)) continue;
      this.#directories.delete(name);
      this.#directories.add(to + name.slice(from.length));
    }
    for (const [name, content] of this.#files) {
      if (!name.startsWith(inside)) continue;
      this.#files.delete(name);
      this.#files.set(to + name.slice(from.length), content);
    }
  }

  /** As the port says. */
  async removeFile(path: string): Promise<void> {
    this.#content(path);
    this.#files.delete(path);
  }

  async removeDirectory(path: string): Promise<void> {
    const inside = `${path}/`;
    for (const name of this.#files.keys()) if (name.startsWith(inside)) this.#files.delete(name);
    for (const name of this.#directories) {
      if (name === path || name.startsWith(inside)) this.#directories.delete(name);
    }
  }

  /** As the port says. */
  async stat(path: string): Promise<FileStat> {
    if (this.#directories.has(path)) return { sizeBytes: 0, isDirectory: true, modifiedMs: 0 };
    return { sizeBytes: this.#content(path).sizeBytes, isDirectory: false, modifiedMs: 0 };
  }

  async syncDirectory(path: string): Promise<void> {
    if (!this.#directories.has(path)) throw systemError('ENOENT', path);
  }

  async diskSpace(): Promise<DiskSpace | null> {
    return null;
  }

  async lock(directory: string): Promise<DirectoryLock> {
    if (this.#locks.has(directory)) {
      throw new StorageError('STORAGE_LOCKED', `folder ${directory} is in use`, { details: { directory, pid: 0 } });
    }
    this.#locks.add(directory);
    return { release: async () => void this.#locks.delete(directory) };
  }

  #content(path: string): MemoryContent {
    const content = this.#files.get(path);
    if (!content) throw systemError('ENOENT', path);
    return content;
  }
}

/** Pieces in order, and where each begins, so that a read finds its first piece by halving. */
class MemoryContent {
  #pieces: Buffer[] = [];
  #starts: number[] = [];
  sizeBytes = 0;

  read(position: number, length: number): Buffer {
    const end = Math.min(position + length, this.sizeBytes);
    if (position >= end) return Buffer.alloc(0);
    const parts: Buffer[] = [];
    for (let at = position, index = this.#find(position); at < end; index += 1) {
      const piece = this.#pieces[index] as Buffer;
      const from = at - (this.#starts[index] as number);
      const part = piece.subarray(from, Math.min(piece.length, from + end - at));
      parts.push(part);
      at += part.length;
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  write(buffers: readonly Buffer[], position: number): void {
    if (position > this.sizeBytes) this.#push(Buffer.alloc(position - this.sizeBytes));
    if (position < this.sizeBytes) this.#overwrite(buffers, position);
    else for (const buffer of buffers) this.#push(buffer);
  }

  #push(buffer: Buffer): void {
    if (buffer.length === 0) return;
    this.#pieces.push(buffer);
    this.#starts.push(this.sizeBytes);
    this.sizeBytes += buffer.length;
  }

  /** Takes out what is written over. What was read of it stays as it was. */
  #overwrite(buffers: readonly Buffer[], position: number): void {
    const end = buffers.reduce((at, { length }) => at + length, position);
    const first = this.#find(position);
    const behind = end < this.sizeBytes ? this.#pieces.slice(this.#find(end)) : [];
    const behindFrom = end < this.sizeBytes ? end - (this.#starts[this.#find(end)] as number) : 0;
    const before = (this.#pieces[first] as Buffer).subarray(0, position - (this.#starts[first] as number));
    this.#pieces.length = first;
    this.sizeBytes = this.#starts[first] as number;
    this.#starts.length = first;
    for (const piece of [before, ...buffers]) this.#push(piece);
    behind.forEach((piece, index) => this.#push(index === 0 ? piece.subarray(behindFrom) : piece));
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes > this.sizeBytes) {
      this.#push(Buffer.alloc(sizeBytes - this.sizeBytes));
      return;
    }
    while (this.#starts.length > 0 && (this.#starts.at(-1) as number) >= sizeBytes) {
      this.#pieces.pop();
      this.#starts.pop();
    }
    const last = this.#pieces.length - 1;
    if (last >= 0)
      this.#pieces[last] = (this.#pieces[last] as Buffer).subarray(0, sizeBytes - (this.#starts[last] as number));
    this.sizeBytes = sizeBytes;
  }

  #find(position: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

class MemoryFile implements File {
  readonly #content: MemoryContent;
  readonly #copies: boolean;

  /** `copies`: the buffers of a write are not kept. */
  constructor(content: MemoryContent, copies: boolean) {
    this.#content = content;
    this.#copies = copies;
  }

  async read(position: number, length: number): Promise<Buffer> {
    return this.#content.read(position, length);
  }

  async write(buffers: readonly Buffer[], position: number): Promise<void> {
    this.#content.write(this.#copies ? [Buffer.concat(buffers)] : buffers, position);
  }

  async datasync(): Promise<void> {
    // Memory is as durable as it gets.
  }

  async truncate(sizeBytes: number): Promise<void> {
    this.#content.truncate(sizeBytes);
  }

  async size(): Promise<number> {
    return this.#content.sizeBytes;
  }

  async close(): Promise<void> {
    // Content outlives its handles.
  }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '' : path.slice(0, slash);
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}
