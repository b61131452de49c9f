import type { ErrorName, QError } from '@q/protocol';

/**
 * What becomes of a batch that the broker answered with an error:
 * `again` - it is sent again as it is; the broker will recognise it if it has it already;
 * `new-identity` - the partition's sequence has a hole: it and all later ones get the next epoch, and go again;
 * `fresh-identity` - the same, with another producer id;
 * `split` - it goes again in halves;
 * `fail` - its records fail, and only they.
 */
export type Verdict = 'again' | 'new-identity' | 'fresh-identity' | 'split' | 'fail';

export interface Circumstances {
  readonly idempotent: boolean;
  readonly isTransactional: boolean;
  /** Every earlier batch of the partition is settled. */
  readonly isFirst: boolean;
  readonly records: number;
  /** An earlier copy may have been stored. */
  readonly maybeStored: boolean;
}

export function judge(error: QError, o: Circumstances): Verdict {
  if (error.retriable) return 'again';
  switch (error.code) {
    case 'OUT_OF_ORDER_SEQUENCE':
      if (!o.idempotent) return 'fail';
      if (!o.isFirst) return 'again';
      // A transaction with a gap is not whole any more.
      return o.isTransactional ? 'fail' : 'new-identity';
    case 'UNKNOWN_PRODUCER_ID':
    case 'STALE_PRODUCER_EPOCH':
      if (!o.idempotent || o.isTransactional) return 'fail';
      return o.isFirst ? 'fresh-identity' : 'again';
    case 'UNKNOWN_TRANSACTIONAL_ID':
      // The id has expired, so nothing of the transaction is stored.
      if (!o.isTransactional) return 'fail';
      return o.isFirst ? 'fresh-identity' : 'again';
    case 'BATCH_TOO_LARGE':
    case 'FRAME_TOO_LARGE':
      // A whole batch that may be stored already must not come again in pieces, which would not be recognised.
      return o.records > 1 && !o.maybeStored ? 'split' : 'fail';
    default:
      return 'fail';
  }
}

const staleMetadata: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'NOT_LEADER',
  'STALE_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TOPIC',
  'UNKNOWN_PARTITION',
  // The topic's limit has changed since we last heard of it.
  'BATCH_TOO_LARGE',
  'RECORD_TOO_LARGE',
  'NO_BROKER',
]);

/** Whether the error says that what we know of the topic is out of date. */
export function callsForMetadata(error: QError): boolean {
  return staleMetadata.has(error.code);
}
