import assert from 'node:assert/strict';

/** Every bound of the storage engine, by name. All are per store. */
export interface StorageLimits {
  /** Files kept open between uses. Files in use or with unsynced bytes stay open beyond it. */
  openFilesMax: number;
  /** Files open at once, those in use included; whoever needs another one waits. */
  openFilesInUseMax: number;
  /** Partitions opened, closed or checkpointed at once. */
  logsInParallelMax: number;
  /** Writes and syncs of different files under way at once within one round of the flush queue. */
  flushesInParallelMax: number;
  /** A round of the flush queue takes appends until it holds this many bytes (and always at least one append). */
  roundBytesMax: number;
  /** Files of the journal; 0 for no journal. They are made once there is enough small work, and kept. */
  journalFiles: number;
  /** Size of each. What they hold together is read and written again at the start after a crash. */
  journalFileBytes: number;
  /**
   * What one log has in a round goes to the journal up to this many bytes; more is written to its segment alone and
   * synced there.
   */
  journalPieceBytesMax: number;
  /** Bytes gathered for one write to the journal, unless one piece has more. */
  journalEntryBytes: number;
  /** What the journal holds is written to its segments after this time, many batches at once. */
  lateWriteMs: number;
  /** Or when this many bytes are to be written. */
  lateWriteBytes: number;
  /** Such writes under way at once: nobody waits for them, and others are not to wait behind them. */
  lateWritesInParallelMax: number;
  /**
   * The journal is made after this many pieces that could have used it, of one round or of many: not for the few writes
   * of a start.
   */
  journalMissesBefore: number;
  /** Bytes of recently appended batches kept in memory for readers at the tail. */
  tailCacheBytes: number;
  /** Bytes of indexes of old segments kept in memory. */
  indexCacheBytes: number;
  /** A segment is rolled when its offset index or time index has this many entries. */
  indexEntriesMax: number;
  /** Bytes that one scan or one cold read takes from a file at a time. */
  readBlockBytes: number;
  /**
   * The most that one `read` returns, whatever the caller asks for (a first batch larger than this is still returned).
   */
  readBytesMax: number;
  /** Bytes read ahead of readers who go through a log in order: blocks that wait to be asked for, or are being read. */
  readAheadBytes: number;
  /** Such blocks, however small. */
  readAheadBlocksMax: number;
  /** A block that nobody asks for is dropped after this time, or up to twice as long. */
  readAheadMs: number;
  /** Bytes of buffers that reads of files have used and that wait to be used again; each has `readBlockBytes`. */
  readBuffersBytes: number;
  /** Batches that arrive in memory of at least so many bytes are put into memory that is used again. */
  appendBuffersBytesMin: number;
  /** Pieces of such memory that small frames, and small batches, share; at least `appendBuffersBytesMin`. */
  appendBuffersSharedBytes: number;
  /** Bytes of such memory that wait to be used again. */
  appendBuffersBytes: number;
  /** Files handed over in one gathered write; the system's own limit is 1,024. */
  writeBuffersMax: number;
  /** A checkpoint of a log (index, producer snapshot, recovery point) is due after this many new bytes. */
  checkpointBytes: number;
  /**
   * A checkpoint that is overdue by this many new bytes comes at once, and not with the next round of maintenance. For
   * `os` and `interval` logs it is the only one: a checkpoint syncs the log.
   */
  checkpointBytesMax: number;
  /**
   * Bytes of all open logs together that no checkpoint covers. Beyond it a log gets its checkpoint at once when it has
   * `checkpointBytes` of them: what a crash leaves to be read and written again is bounded by this, and as much again
   * of each log.
   */
  uncoveredBytesMax: number;
  /** How long the `interval` policy may leave an acknowledged record unsynced. */
  syncIntervalMs: number;
  /** A producer that was silent for this long is forgotten. */
  producerExpiryMs: number;
  /** Producers remembered by one partition; beyond it the one that was silent longest is forgotten. */
  producersMax: number;
  /** Batches remembered of each producer: a client must not have more than this many in flight for one partition. */
  producerBatchesKept: number;
  /**
   * Message ids remembered by one partition's dedup window, in memory and in its file; beyond it the oldest are
   * forgotten.
   */
  messageIdsMax: number;
  /** Bytes of those ids. */
  messageIdBytesMax: number;
  /** A course of the wall clock is confirmed, and records go by it, when it was held this long. */
  clockConfirmMs: number;
  /** A correction of the wall clock by more than this is said. */
  clockStepMs: number;
  /**
   * How far the wall clock may be ahead, at a start, of what the process before it has seen, to be believed at once:
   * time that the process was not running.
   */
  clockGapMsMax: number;
  /** Large batches that are decompressed at once for a search by time, or for their message ids at an opening. */
  largeBatchesInParallelMax: number;
  /** Most bytes that the records of one batch take after decompression, where the log looks into batches. */
  uncompressedBytesMax: number;
  /** Bytes of the map of keys that one compaction pass builds, a batch more or less. */
  compactionMapBytesMax: number;
  /** Bytes that one round of maintenance reads to count records that compaction left before the last start. */
  countBytesPerRoundMax: number;
  /**
   * With `drop-oldest`: bytes by which appends may pass `storageBytesMax` while the oldest segments are being dropped;
   * repeats may so under `refuse`, too.
   */
  capOvershootBytesMax: number;
  /** Free disk below which appends are refused with STORAGE_FULL; 0 does not look. */
  diskReserveBytes: number;
  /** A disk that was full is said to have room again when nothing was refused for so long. */
  roomQuietMs: number;
  /**
   * Above 0 the state of a log is checked after each of its rounds, and not only when it is opened, maintained and
   * closed: for tests.
   */
  assertRounds: number;
  /**
   * Size of the file that is given up, piece by piece, when there is no room to make room; at most 1 % of the disk; 0
   * for none.
   */
  reserveFileBytes: number;
  /** How often the store makes sure that it still has the lock of its folder; at least 1. */
  lockRenewalMs: number;
}

/** The limits of a store that is given none. Times are in ms, sizes in bytes. */
export const defaultStorageLimits: StorageLimits = Object.freeze({
  openFilesMax: 1_024,
  openFilesInUseMax: 1_280,
  logsInParallelMax: 32,
  flushesInParallelMax: 16,
  roundBytesMax: 32 << 20,
  journalFiles: 4,
  journalFileBytes: 16 << 20,
  journalPieceBytesMax: 256 << 10,
  journalEntryBytes: 4 << 20,
  lateWriteMs: 200,
  lateWriteBytes: 8 << 20,
  lateWritesInParallelMax: 4,
  journalMissesBefore: 32,
  tailCacheBytes: 64 << 20,
  indexCacheBytes: 16 << 20,
  indexEntriesMax: 1 << 20,
  readBlockBytes: 1 << 20,
  readBytesMax: 64 << 20,
  readAheadBytes: 16 << 20,
  readAheadBlocksMax: 64,
  readAheadMs: 1_000,
  readBuffersBytes: 16 << 20,
  appendBuffersBytesMin: 256 << 10,
  appendBuffersSharedBytes: 256 << 10,
  appendBuffersBytes: 16 << 20,
  writeBuffersMax: 1_024,
  checkpointBytes: 1 << 20,
  checkpointBytesMax: 32 << 20,
  uncoveredBytesMax: 192 << 20,
  syncIntervalMs: 100,
  producerExpiryMs: 24 * 60 * 60 * 1_000,
  producersMax: 10_000,
  producerBatchesKept: 5,
  messageIdsMax: 1_000_000,
  messageIdBytesMax: 64 << 20,
  clockConfirmMs: 60 * 60 * 1_000,
  clockStepMs: 60 * 1_000,
  clockGapMsMax: 24 * 60 * 60 * 1_000,
  largeBatchesInParallelMax: 2,
  uncompressedBytesMax: 64 << 20,
  compactionMapBytesMax: 64 << 20,
  countBytesPerRoundMax: 256 << 20,
  capOvershootBytesMax: 64 << 20,
  diskReserveBytes: 64 << 20,
  roomQuietMs: 5_000,
  assertRounds: 0,
  reserveFileBytes: 4 << 20,
  lockRenewalMs: 500,
});

/** Everything in a journal file begins at a multiple of this, so that no write touches a page of an earlier one. */
export const journalBlockBytes = 4_096;

/** Positions within a segment are i32 on disk. */
export const segmentBytesLimit: number = 2 ** 31 - 1;

/** Completes and checks limits; what does not fit together is a mistake of the program, not of its input. */
export function resolveLimits(given: Partial<StorageLimits> = {}): StorageLimits {
  const limits = { ...defaultStorageLimits, ...given };
  for (const [name, value] of Object.entries(limits)) {
    assert(Number.isSafeInteger(value) && value >= 0, `storage limit ${name} must be a whole number, not ${value}`);
  }
  assert(
    limits.openFilesMax >= 1
      && limits.openFilesInUseMax >= limits.openFilesMax
      && limits.logsInParallelMax >= 1
      && limits.flushesInParallelMax >= 1,
  );
  assert(limits.writeBuffersMax >= 1 && limits.writeBuffersMax <= 1_024);
  assert(limits.producerBatchesKept >= 1 && limits.producersMax >= 1 && limits.messageIdsMax >= 1);
  assert(limits.largeBatchesInParallelMax >= 1 && limits.lockRenewalMs >= 1);
  assert(limits.checkpointBytes <= limits.checkpointBytesMax);
  const journalRoom = limits.journalFileBytes - journalBlockBytes;
  assert(
    limits.journalFiles === 0 || limits.journalPieceBytesMax + 2 * journalBlockBytes <= journalRoom,
    'a journal file is too small for a piece',
  );
  assert(
    limits.journalFileBytes % journalBlockBytes === 0,
    `journalFileBytes must be a multiple of ${journalBlockBytes}`,
  );
  assert(
    limits.appendBuffersBytesMin >= 1
      && limits.appendBuffersSharedBytes >= limits.appendBuffersBytesMin
      && limits.lateWritesInParallelMax >= 1,
  );
  assert(limits.indexEntriesMax >= 1 && limits.readBlockBytes >= 4_096);
  return limits;
}

resolveLimits();
