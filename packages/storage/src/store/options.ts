import type { StorageError } from '../errors.ts';
import type { StorageLimits } from '../limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { StorageLog } from '../ports/storage-log.ts';
import type { StorageObserver } from '../ports/storage-observer.ts';
import type { WhenFull } from '../ports/local-store.ts';

/** How a store is opened. Sizes are in bytes. */
export interface StoreOptions {
  readonly clock?: Clock;
  readonly log?: StorageLog;
  /** Hears how long rounds and syncs take. */
  readonly observer?: StorageObserver;
  readonly limits?: Partial<StorageLimits>;
  /** Cap on the bytes of all logs together; none unless given. */
  readonly storageBytesMax?: number;
  /** Default: 'refuse'. */
  readonly whenFull?: WhenFull;
  /** Short for `limits.tailCacheBytes`. */
  readonly tailCacheBytes?: number;
  /** Short for `limits.syncIntervalMs`. */
  readonly syncIntervalMs?: number;
  /**
   * Called once, when a write or a sync failed in a way that leaves the disk's content unknown. The process must end:
   * nothing is acknowledged any more.
   */
  readonly onFatal: (error: StorageError) => void;
}

/** How a store in a folder is opened. */
export interface DirectoryStoreOptions extends StoreOptions {
  /** Made if absent. One process at a time: STORAGE_LOCKED otherwise. */
  readonly directory: string;
  /** Default: the machine's. */
  readonly fileSystem?: FileSystem;
}

/** How a store in memory is opened. */
export interface MemoryStoreOptions extends Omit<StoreOptions, 'onFatal'> {
  /** Memory does not fail so; only a test's does. */
  readonly onFatal?: (error: StorageError) => void;
}
