import type { File } from '../ports/file-system.ts';
import type { TarSink } from './tar.ts';

/** What is written at once: pieces off a socket are small, and each write takes a turn of the thread pool. */
const writeBytes = 1 << 20;
/** So much is written between two syncs: a disk that gets it all at once makes the broker's own syncs wait. */
const syncBytes = 32 << 20;

export interface FileSinkOptions {
  readonly onBytes?: (bytes: Buffer) => void;
  readonly onEnd?: () => void;
  /** The file system copies what it is given: see `FileSystem.copiesWrites`. */
  readonly copies: boolean;
}

/** Ended, or abandoned: not both. */
export interface FileSink extends TarSink {
  /** Closes the file as it is. */
  abandon(): Promise<void>;
}

/**
 * Writes a file from its beginning, in order, and syncs it now and then and at its end. While one stretch is written or
 * synced the next one is gathered; what fails is thrown by a later call, `end` at the latest.
 */
export function fileSink(file: File, o: FileSinkOptions): FileSink {
  const writer = new GatheringWriter(file, o.copies);
  return {
    write: async (bytes) => {
      o.onBytes?.(bytes);
      await writer.add(bytes);
    },
    end: async () => {
      await writer.end();
      o.onEnd?.();
    },
    abandon: () => writer.abandon(),
  };
}

class GatheringWriter {
  readonly #file: File;
  readonly #copies: boolean;
  #gathering: Buffer = Buffer.alloc(0);
  #spare: Buffer | null = null;
  #filled = 0;
  #position = 0;
  #unsynced = 0;
  #writing: Promise<void> = Promise.resolve();
  #syncing: Promise<void> = Promise.resolve();

  constructor(file: File, copies: boolean) {
    this.#file = file;
    this.#copies = copies;
  }

  async add(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      if (this.#gathering.length === 0) this.#gathering = Buffer.allocUnsafeSlow(writeBytes);
      const copied = bytes.copy(this.#gathering, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled === writeBytes) await this.#flush();
    }
  }

  /** Hands over what is gathered once the write before is done. */
  async #flush(): Promise<void> {
    await this.#writing;
    const full = this.#gathering;
    const bytes = full.subarray(0, this.#filled);
    const position = this.#position;
    this.#position += this.#filled;
    this.#filled = 0;
    this.#gathering = this.#spare ?? Buffer.alloc(0);
    this.#spare = null;
    this.#writing = this.#write(bytes, position).then(() => {
      if (this.#copies) this.#spare = full;
    });
    // Told by whoever waits for it next.
    this.#writing.catch(() => undefined);
  }

  async #write(bytes: Buffer, position: number): Promise<void> {
    await this.#file.write([bytes], position);
    this.#unsynced += bytes.length;
    if (this.#unsynced < syncBytes) return;
    await this.#syncing;
    this.#unsynced = 0;
    this.#syncing = this.#file.datasync();
    this.#syncing.catch(() => undefined);
  }

  async end(): Promise<void> {
    if (this.#filled > 0) await this.#flush();
    await this.#writing;
    await this.#syncing;
    await this.#file.truncate(this.#position);
    await this.#file.datasync();
    await this.#file.close();
  }

  async abandon(): Promise<void> {
    // What is still under way must not meet a file that is closed.
    await Promise.allSettled([this.#writing]);
    await Promise.allSettled([this.#syncing]);
    await this.#file.close();
  }
}
