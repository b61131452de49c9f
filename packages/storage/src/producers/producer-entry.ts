import { nextSequence, sequenceAfter } from './sequence.ts';

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

/**
 * One producer. Never changed in place: an append makes a new entry, so taking an append back is putting the old
 * entry back.
 */
export interface ProducerEntry {
  readonly producerId: number;
  readonly epoch: number;
  /** The newest batches of this epoch, oldest first, at most `producerBatchesKept`. Empty only for an entry read from a foreign snapshot. */
  readonly batches: readonly AppendedBatch[];
  /** When this broker last saw the producer append; starts anew at a restart, so that nobody is forgotten early. */
  readonly lastSeenMs: number;
  /** Carried through snapshots for transactions; -1 without. */
  readonly coordinatorEpoch: number;
  readonly currentTransactionFirstOffset: number;
}

export function appendedBatch(batch: ProducerBatch, baseOffset: number): AppendedBatch {
  return {
    lastSequence: sequenceAfter(batch.baseSequence, batch.lastOffsetDelta),
    lastOffset: baseOffset + batch.lastOffsetDelta,
    offsetDelta: batch.lastOffsetDelta,
    timestampMs: batch.maxTimestamp,
  };
}

export function baseOffsetOf(batch: AppendedBatch): number {
  return batch.lastOffset - batch.offsetDelta;
}

/** The one sequence with which this producer's next batch may begin. */
export function expectedSequence(entry: ProducerEntry): number {
  const last = entry.batches.at(-1);
  return last === undefined ? 0 : nextSequence(last.lastSequence);
}

/** The remembered batch that `batch` repeats, if it does. */
export function findRepeated(entry: ProducerEntry, batch: ProducerBatch): AppendedBatch | undefined {
  const lastSequence = sequenceAfter(batch.baseSequence, batch.lastOffsetDelta);
  for (const known of entry.batches) {
    if (known.lastSequence === lastSequence && known.offsetDelta === batch.lastOffsetDelta) return known;
  }
  return undefined;
}
