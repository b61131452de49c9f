/** What producer state needs to know of a batch; a `BatchHeader` of @q/protocol fits. */
export interface ProducerBatch {
  /** -1: not idempotent. */
  readonly producerId: number;
  readonly producerEpoch: number;
  /** -1 for control batches, which have no place in the sequence. */
  readonly baseSequence: number;
  /** Counts the batch's span, not its records: compaction removes records, never the span. */
  readonly lastOffsetDelta: number;
  readonly maxTimestamp: number;
}

/** One appended batch, as remembered. Frozen by the snapshot format: see producer-snapshot.ts. */
export interface AppendedBatch {
  readonly lastSequence: number;
  readonly lastOffset: number;
  readonly offsetDelta: number;
  /** The batch's max timestamp: under LogAppendTime that is its append time. */
  readonly timestampMs: number;
}

/** One producer, as a snapshot has it. */
export interface ProducerEntry {
  readonly producerId: number;
  readonly epoch: number;
  /**
   * The newest batches of this epoch, oldest first, at most `producerBatchesKept`. Empty only for an entry read from a
   * foreign snapshot, or when a marker has raised the epoch since.
   */
  readonly batches: readonly AppendedBatch[];
  /** When this broker last saw the producer append; starts anew at a restart, so that nobody is forgotten early. */
  readonly lastSeenMs: number;
  /** Of its last marker; -1 without. */
  readonly coordinatorEpoch: number;
  /** Where its open transaction begins; -1 without. */
  readonly currentTransactionFirstOffset: number;
}

/** A producer as it is known apart from its transactions. */
export type RememberedProducer = Omit<ProducerEntry, 'currentTransactionFirstOffset'>;
