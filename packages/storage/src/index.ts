// ── the store and its logs ──
export type {
  Append,
  AppendOptions,
  AppendWaiter,
  EpochEnd,
  LogDamage,
  LogDescription,
  LogId,
  LogProducer,
  LogRead,
  LogState,
  LogStore,
  MaintenanceReport,
  PartitionLog,
  RecordCount,
  ReadOptions,
  RepeatedRecord,
  RestOfBatch,
  TimestampedOffset,
} from './ports/log-store.ts';
export type { AbortedRange } from './transactions/aborted-transactions.ts';
export type { OpenTransaction } from './transactions/log-transactions.ts';
export type { AppendMemory, DiskRoom, LocalStore, RoomState } from './ports/local-store.ts';
export { openDirectoryStore, openMemoryStore } from './store/open-store.ts';
export type { DirectoryStoreOptions, MemoryStoreOptions, StoreOptions } from './store/options.ts';
export type { WhenFull } from './ports/local-store.ts';

// ── settings, limits, counts ──
export { defaultLogConfig } from './config.ts';
export type { CleanupPolicy, Durability, LogConfig } from './config.ts';
export { defaultStorageLimits } from './limits.ts';
export type { StorageLimits } from './limits.ts';
export type { StorageStats } from './stats.ts';

// ── how much runs at once, for whoever opens many logs ──
export { Turnstile } from './concurrency/turnstile.ts';

// ── looking into files without a store: for tools beside a broker ──
export { knownOffsets } from './inspect/known-offsets.ts';
export type { KnownOffsets } from './inspect/known-offsets.ts';
export { walkPartition } from './inspect/partition-walk.ts';
export type { Finding, WalkSummary } from './inspect/partition-walk.ts';
export type { DamagedStretch, IntactBatch } from './inspect/segment-walk.ts';
export { findStoredPartitions } from './inspect/stored-partition.ts';
export type { StoredPartition, StoredSegment } from './inspect/stored-partition.ts';

export { planRepair, repairPartition } from './repair/repair.ts';
export type { Loss, RepairPlan } from './repair/repair.ts';

// ── backups ──
export type { ByteRange, CompanionFile, LogCompanions, PinnedLog, PinnedSegment } from './ports/pinned-log.ts';
export type { PinnableLogs, RestoredStore, RestoreNote } from './ports/local-store.ts';
export { BackupFolder, filesOf } from './backup/backup-folder.ts';
export type { NamedFile } from './backup/backup-folder.ts';
export { backupId } from './backup/backup-names.ts';
export { backupStream } from './backup/backup-stream.ts';
export type { BackupSource } from './backup/backup-stream.ts';
export { decodeManifest, decodePartition, encodeManifest } from './backup/manifest.ts';
export type {
  Manifest,
  ManifestCompanion,
  ManifestHead,
  ManifestPartition,
  ManifestSegment,
  PartitionState,
  Piece,
} from './backup/manifest.ts';
export { restoreBackup, restoreTar } from './backup/restore.ts';
export type { RestoreOptions } from './backup/restore.ts';
export { checkTar } from './backup/check-tar.ts';
export { verifyPartition } from './backup/verify-backup.ts';
export type { VerifiedPartition } from './backup/verify-backup.ts';

// ── errors ──
export { StorageError } from './errors.ts';
export type { ErrorDetails, StorageErrorCode, StorageErrorKind } from './errors.ts';

// ── ports, and the adapters that come with this package ──
export type { Clock, Timer } from './ports/clock.ts';
export type { DirectoryLock, DiskSpace, File, FileStat, FileSystem, OpenMode } from './ports/file-system.ts';
export type { StorageLog } from './ports/storage-log.ts';
export { storageEvents, storageFields } from './ports/storage-events.ts';
export type { EventEntry, EventLevel, EventLine, EventTable, FieldEntry, FieldTable } from './ports/event-table.ts';
export type { RoundSize, StorageObserver } from './ports/storage-observer.ts';
export { nodeClock } from './clock/node-clock.ts';
export { nodeFileSystem } from './file-system/node-file-system.ts';
export { MemoryFileSystem } from './file-system/memory-file-system.ts';
