import type { ObjectPart } from '../object-store.ts';

/**
 * What a store in a folder needs of a file system. Errors are whatever the system said: `Error` objects whose `code` is
 * the POSIX name. Paths are joined with '/'.
 */
export interface FolderFiles {
  /** A name for a file that nobody else gives to one, in any process on any machine. */
  uniqueName(): string;
  /** Makes a file of these bytes. Returns when they are durable; the name is not, before `syncFolder`. */
  writeNew(path: string, bytes: Buffer): Promise<void>;
  /** Gives the file a second name. EEXIST where there is one already: it stays as it is. */
  link(from: string, to: string): Promise<void>;
  /** How many names the file has. */
  linksOf(path: string): Promise<number>;
  /** A part of a file, or all of it; `bytes` is null where there is nothing of the part. EISDIR for a folder. */
  read(path: string, part: ObjectPart | 'all'): Promise<FileBytes>;
  /** Takes a name of a file away. ENOENT where there is none. */
  removeFile(path: string): Promise<void>;
  /** What is in a folder, in no order. */
  readFolder(path: string): Promise<readonly FolderEntry[]>;
  /** Makes a folder in one that is there. EEXIST where it is there already. */
  makeFolder(path: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>;
  /** When the file was written last: milliseconds since the epoch. */
  modifiedMs(path: string): Promise<number>;
}

/** What is read of a file. */
export interface FileBytes {
  readonly bytes: Buffer | null;
  readonly position: number;
  readonly sizeBytes: number;
  /** How many names the file has. */
  readonly links: number;
}

/** One name in a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}
