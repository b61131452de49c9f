import type { StorageError } from '../errors.ts';
import type { StorageLimits } from '../limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { StorageLog } from '../ports/storage-log.ts';
import type { StorageObserver } from '../ports/storage-observer.ts';
import type { WhenFull } from '../ports/local-store.ts';

/** What a store is made of: its options, with nothing left open. */
export interface StoreParts {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly log: StorageLog;
  readonly observer: StorageObserver;
  readonly limits: StorageLimits;
  readonly storageBytesMax: number | undefined;
  readonly whenFull: WhenFull;
  readonly onFatal: (error: StorageError) => void;
}
