import type { LentMemory } from '@q/protocol';
import type { DiskSpace } from './file-system.ts';
import type { LogId, LogStore } from './log-store.ts';
import type { PinnedLog } from './pinned-log.ts';

/**
 * What a store does when `storageBytesMax` is reached: refuse appends with STORAGE_FULL, or drop the oldest segments.
 */
export type WhenFull = 'refuse' | 'drop-oldest';
/** How much room a store has for records, as far as it knows. Sizes are in bytes. */
export interface RoomState {
  /** Of all logs. */
  readonly usedBytes: number;
  /** The cap on all logs together, or null without one. */
  readonly bytesMax: number | null;
  /** At the cap appends are refused; false where the oldest segments go instead. */
  readonly capRefuses: boolean;
  /** The disk has less room than is kept in reserve, so that appends are refused. */
  readonly isDiskShort: boolean;
  readonly reserveBytes: number;
  /** Why all appends are refused (`refuseAppends`), or null. */
  readonly refusal: string | null;
}

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
  /** Whether appends find room at this moment. Costs nothing: the disk is not asked. */
  readonly room: RoomState;
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

/** A store whose logs can be held as they are in one moment. */
export interface PinnableLogs {
  /**
   * To be waited for before `pin`: saves what a pin can hold only of a file. Of a log that remembers message ids, these
   * are, where no file has them yet.
   */
  preparePin(id: LogId): Promise<void>;
  /** The log as it is now, until it is released; null where it is not open. Pins made in one turn are one moment. */
  pin(id: LogId): PinnedLog | null;
}

/** What a restore tells the first broker that starts on its folder. */
export interface RestoreNote {
  readonly backup: string;
  readonly createdMs: number;
  /** The folder is a broker of its own from now on: another cluster id. */
  readonly asNew: boolean;
}

/** A folder that a backup was restored to. */
export interface RestoredStore {
  /** Which backup, until `forgetRestore`; null for a folder that has run since, or never was restored. */
  readonly restored: RestoreNote | null;
  /** What a restore asks of a broker has been done, durably. */
  forgetRestore(): Promise<void>;
}

/** The stores of this package. */
export interface LocalStore extends LogStore, DiskRoom, AppendMemory, KeptFiles, PinnableLogs, RestoredStore {}
