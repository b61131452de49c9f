/** Who hears how long the disk takes. Called amid a round: it must not throw, and costs every append what it costs. */
export interface StorageObserver {
  /** A round of the flush queue is over, from its first write to the last who was told. Milliseconds. */
  roundEnded(ms: number, written: RoundSize): void;
  /** A segment was synced, or an entry of the journal written, which is durable when it returns. Milliseconds. */
  synced(ms: number): void;
}

/** What a round of the flush queue has written: all that came while the one before was under way. */
export interface RoundSize {
  readonly records: number;
  readonly bytes: number;
}

/** The default: nobody listens. */
export const noObserver: StorageObserver = { roundEnded() {}, synced() {} };
