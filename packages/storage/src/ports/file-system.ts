/**
 * The only way from the storage engine to a disk.
 *
 * Errors are whatever the system said: `Error` objects whose `code` is the POSIX name ('ENOENT', 'ENOSPC', 'EIO', …).
 * Paths are joined with '/'. Nothing here retries, and nothing hides an error.
 */
export interface FileSystem {
  /**
   * True where writes copy: buffers are the caller's again once a write has returned. Otherwise a file may keep the
   * very buffers, and they must never change.
   */
  readonly copiesWrites: boolean;
  /**
   * `read`: must exist. `write`: read and write, must exist. `create`: read and write, made if absent, never cut.
   * `durable`: as `write`, and every write returns only once its bytes are durable; its buffers are the caller's again
   * then. A file that was made is durable only after `syncDirectory` of its folder.
   */
  open(path: string, mode: OpenMode): Promise<File>;
  /** The whole file; for small files. */
  readFile(path: string): Promise<Buffer>;
  /** Names in a folder, in no order; folders and files alike. ENOENT when the folder is absent. */
  readDirectory(path: string): Promise<string[]>;
  /** Makes the folder and those above it; fine if it exists. Durable after `syncDirectory` of the folder above. */
  makeDirectory(path: string): Promise<void>;
  /** Replaces `to` if it exists. Durable after `syncDirectory` of the folder (or folders). */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. Rejects when there is none. */
  removeFile(path: string): Promise<void>;
  /** Removes the folder and everything in it; fine if it is absent. */
  removeDirectory(path: string): Promise<void>;
  /** Rejects when there is nothing at the path. */
  stat(path: string): Promise<FileStat>;
  /** Makes creations, renames and removals of names in this folder durable. */
  syncDirectory(path: string): Promise<void>;
  /** Free and total bytes where the path lies, or null where that cannot be known. */
  diskSpace(path: string): Promise<DiskSpace | null>;
  /**
   * Takes the folder for this opener alone, until `release`. A lock whose owner died is taken over.
   * Throws StorageError STORAGE_LOCKED (details `directory`, and `pid` and `host` where they are known) when another
   * living owner has it.
   */
  lock(directory: string): Promise<DirectoryLock>;
  /**
   * Calls `letGo` whenever there is no descriptor left for something, before that is tried again or given up: whoever
   * keeps files open that nobody uses closes them. Returns how to stop that. Absent where there are always enough.
   */
  whenOutOfFiles?(letGo: () => void): () => void;
}

/**
 * `read`: only that; `write`: a file that exists; `create`: a new one; `durable`: a write returns when it is on disk.
 */
export type OpenMode = 'read' | 'write' | 'create' | 'durable';

/** Several calls may be under way at once; callers see to it that writes to one place do not overlap. */
export interface File {
  /**
   * Up to `length` bytes from `position`; fewer only where the file ends. The buffer belongs to the caller, who must
   * not change it. A file that copies does so into what `allocate` gives, of at least `length` bytes; one that is
   * memory itself need not ask.
   */
  read(position: number, length: number, allocate?: (length: number) => Buffer): Promise<Buffer>;
  /**
   * All bytes of all buffers, one after another, at `position`. The buffers must stay unchanged until it returns; where
   * `copiesWrites` is false, for ever.
   */
  write(buffers: readonly Buffer[], position: number): Promise<void>;
  /**
   * Returns after the file's bytes and its size are durable. After it failed once, nothing written before may be
   * trusted.
   */
  datasync(): Promise<void>;
  /** Cuts the file to so many bytes. */
  truncate(sizeBytes: number): Promise<void>;
  /** In bytes. */
  size(): Promise<number>;
  /** Gives the descriptor back. The file must not be used afterwards. */
  close(): Promise<void>;
}

/** What is known of a path. */
export interface FileStat {
  readonly sizeBytes: number;
  readonly isDirectory: boolean;
  /** Milliseconds since the epoch. */
  readonly modifiedMs: number;
}

/** Of the file system that a path is on. */
export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** A folder that is held for one process. */
export interface DirectoryLock {
  /**
   * What the lock does not keep out, in words; absent where it keeps out every other opener that the file system knows
   * of.
   */
  readonly weakness?: string;
  /**
   * For a lock that this process can lose without being told; to be called every second or so. Takes it again where it
   * was dropped. False: another process has the folder now, so nothing may be written there any more. Waits for
   * nothing.
   */
  renew?(): boolean;
  /** Lets others open the folder. */
  release(): Promise<void>;
}
