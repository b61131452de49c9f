/** Counts since the store was opened. Plain fields: the hot path adds to them, whoever reports them reads them. */
export interface StorageStats {
  /** Rounds of the flush queue. */
  rounds: number;
  /** Batches and bytes made durable by those rounds. */
  batches: number;
  bytesWritten: number;
  /** Gathered writes and syncs of log files. */
  writes: number;
  syncs: number;
  /** Writes to the journal, and their bytes. */
  journalWrites: number;
  journalBytes: number;
  /** Journal files that were emptied, after what they held was synced in its segments. */
  journalFilesRetired: number;
  /** Time spent in rounds, and the longest one. */
  roundMsTotal: number;
  roundMsMax: number;
  /** Reads served by the tail cache, and by files. */
  readsHot: number;
  readsCold: number;
  /** Of the reads served by files: those whose block had been read before they came. And blocks read ahead in vain. */
  readsAhead: number;
  readsAheadUnused: number;
  /** Bytes that the tail cache holds now. */
  tailCacheBytes: number;
  /** Files open now. */
  openFiles: number;
  /**
   * Message ids that were forgotten inside their window, because there were more of them than a partition remembers.
   */
  messageIdsForgotten: number;
  /** Appends refused or failed for want of room. */
  appendsRefusedFull: number;
  /** Of these, for want of descriptors. */
  appendsRefusedFiles: number;
  logsQuarantined: number;
  /** Torn tails cut by recovery. */
  tailsCut: number;
  bytesCut: number;
}

export function emptyStats(): StorageStats {
  return {
    rounds: 0,
    batches: 0,
    bytesWritten: 0,
    writes: 0,
    syncs: 0,
    journalWrites: 0,
    journalBytes: 0,
    journalFilesRetired: 0,
    roundMsTotal: 0,
    roundMsMax: 0,
    readsHot: 0,
    readsCold: 0,
    readsAhead: 0,
    readsAheadUnused: 0,
    tailCacheBytes: 0,
    openFiles: 0,
    messageIdsForgotten: 0,
    appendsRefusedFull: 0,
    appendsRefusedFiles: 0,
    logsQuarantined: 0,
    tailsCut: 0,
    bytesCut: 0,
  };
}
