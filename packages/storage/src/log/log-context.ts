import type { LentMemory } from '@q/protocol';
import type { ConfirmedTime } from '../clock/confirmed-time.ts';
import type { DiskReserve } from '../room/disk-reserve.ts';
import type { OpenFiles } from '../files/open-files.ts';
import type { OwnMemory } from '../files/own-memory.ts';
import type { ReadBuffers } from '../files/read-buffers.ts';
import type { FlushQueue } from '../flush/flush-queue.ts';
import type { LateWrites } from '../flush/late-writes.ts';
import type { StorageLimits } from '../limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { StorageLog } from '../ports/storage-log.ts';
import type { StorageObserver } from '../ports/storage-observer.ts';
import type { RoomWatch } from '../room/room-watch.ts';
import type { StorageCap } from '../room/storage-cap.ts';
import type { IndexCache } from '../segment/index-cache.ts';
import type { StorageStats } from '../stats.ts';
import type { Turnstile } from '../concurrency/turnstile.ts';
import type { TailCache } from '../cache/tail-cache.ts';
import type { FoundBatches } from './found-batches.ts';
import type { ReadAhead } from './read-ahead.ts';

/** What all logs of one store share. */
export interface LogContext {
  readonly fileSystem: FileSystem;
  readonly openFiles: OpenFiles;
  readonly clock: Clock;
  readonly time: ConfirmedTime;
  readonly log: StorageLog;
  readonly observer: StorageObserver;
  readonly limits: StorageLimits;
  readonly stats: StorageStats;
  readonly reserve: DiskReserve;
  readonly tailCache: TailCache;
  readonly readBuffers: ReadBuffers;
  readonly appendBuffers: LentMemory;
  readonly ownMemory: OwnMemory;
  readonly readAhead: ReadAhead<FoundBatches>;
  readonly indexCache: IndexCache;
  readonly queue: FlushQueue;
  readonly lateWrites: LateWrites;
  readonly cap: StorageCap;
  readonly roomWatch: RoomWatch;
  /** What all open logs have above their checkpoints. */
  readonly uncovered: { bytes: number };
  /** Bounds the memory of large batches that are looked into. */
  readonly largeBatches: Turnstile;
  /** Makes the log start offsets of all logs, as they are now, durable. */
  saveStartOffsets(): Promise<void>;
  /** Makes the recovery points of all logs, as they are now, durable. */
  saveRecoveryPoints(): Promise<void>;
  /** A fresh look at the room on the disk, after some was made. */
  observeDisk(): Promise<void>;
}
