import type { QError, StageOffsetsRequest } from '@q/protocol';

/** What a group gets with a transaction. */
export type GroupOffsets = Omit<StageOffsetsRequest, 'transactionalId' | 'producerId' | 'producerEpoch'>;

/** What a group consumer puts into a transaction, and what it hears of it: one of the last three. */
export interface OffsetShare {
  readonly isEmpty: boolean;
  /** @throws QError `PARTITION_NOT_OWNED` when a partition was taken away meanwhile. */
  check(): void;
  /** As of this moment. @throws QError as `check`. */
  request(): GroupOffsets;
  /** The broker does not take them; the transaction will be aborted. */
  refused(error: QError): void;
  committed(): void;
  aborted(): void;
  /** Nobody knows whether they are committed: whoever goes on has to ask the group. */
  unknown(error: QError): void;
}

/** A consumer of a group, for transactions. */
export interface SharesOffsets {
  /** What is acknowledged and not committed. @throws QError `INVALID_REQUEST` where something else commits it. */
  shareAcknowledged(): OffsetShare;
}

export function sharesOffsets(consumer: unknown): consumer is SharesOffsets {
  return typeof consumer === 'object' && consumer !== null && 'shareAcknowledged' in consumer;
}
