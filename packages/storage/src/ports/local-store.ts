import type { LentMemory } from '@q/protocol';
import type { DiskSpace } from './file-system.ts';
import type { LogStore } from './log-store.ts';

/**
 * What a store does when `storageBytesMax` is reached: refuse appends with STORAGE_FULL, or drop the oldest segments.
 */
export type WhenFull = 'refuse' | 'drop-oldest';

/** What is only true of a store whose logs lie on a disk of this machine, or in its memory. */
export interface DiskRoom {
  /** Where the data lies and how much room is left there, or null for a store in memory. */
  diskSpace(): Promise<DiskSpace | null>;
  /**
   * Until it is called with null, appends to all logs but internal ones are refused with STORAGE_FULL and this
   * sentence: the disk is short of room. What is on its way already is not concerned.
   */
  refuseAppends(reason: string | null): void;
  /** The cap on the bytes of all logs together, from now on (null: none), and what is done at it. */
  limitBytes(cap: { readonly bytesMax: number | null; readonly whenFull: WhenFull }): void;
}

/** A store that writes the very memory that it is given. */
export interface AppendMemory {
  /**
   * Memory for batches that are going to be appended, used again once no append, cache or reader looks at it. Null
   * where the store keeps for ever what it is given.
   */
  readonly appendBuffers: LentMemory | null;
}

/** A store that keeps files open between uses. */
export interface KeptFiles {
  /** Files that may be open from now on: kept between uses, and in all; see `StorageLimits`. */
  limitOpenFiles(limits: { readonly openFilesMax: number; readonly openFilesInUseMax: number }): void;
  /** Closes every file that nobody uses at this moment, for a process that has no descriptor left. */
  closeIdleFiles(): void;
}

/** The stores of this package. */
export interface LocalStore extends LogStore, DiskRoom, AppendMemory, KeptFiles {}
