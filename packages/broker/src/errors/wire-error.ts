/**
 * The one place where errors of other layers become errors of the wire (row W2).
 */
import { QError } from '@q/protocol';
import type { ErrorDetails, ErrorName } from '@q/protocol';
import { StorageError } from '@q/storage';
import type { StorageErrorCode } from '@q/storage';
import type { BrokerLogger } from '../logger.ts';
import { fullPauseMs } from './retry-after.ts';

const wireNames: Readonly<Record<StorageErrorCode, ErrorName>> = {
  CORRUPT_BATCH: 'CORRUPT_BATCH',
  CORRUPT_LOG: 'CORRUPT_LOG',
  OFFSET_OUT_OF_RANGE: 'OFFSET_OUT_OF_RANGE',
  BATCH_TOO_LARGE: 'BATCH_TOO_LARGE',
  OUT_OF_ORDER_SEQUENCE: 'OUT_OF_ORDER_SEQUENCE',
  STALE_PRODUCER_EPOCH: 'STALE_PRODUCER_EPOCH',
  UNKNOWN_PRODUCER_ID: 'UNKNOWN_PRODUCER_ID',
  STALE_LEADER_EPOCH: 'STALE_LEADER_EPOCH',
  STORAGE_FULL: 'STORAGE_FULL',
  STORAGE_FAILED: 'STORAGE_FAILED',
  // The folder lock is taken at start only, where it is the operator's setting that is wrong.
  STORAGE_LOCKED: 'INVALID_CONFIG',
  // It is the wrong release, or the wrong folder.
  UNSUPPORTED_FORMAT: 'INVALID_CONFIG',
  // Something in the data folder has the name of the partition, and is of no topic that this broker knows: no client
  // could use it.
  LOG_EXISTS: 'CORRUPT_LOG',
  // A log goes while requests for it are on their way when its topic is deleted or the broker stops. Either way the
  // client should look the topic up again.
  UNKNOWN_LOG: 'UNKNOWN_TOPIC_ID',
  CLOSED: 'UNKNOWN_TOPIC_ID',
};

/**
 * Any thrown value as an error of the wire. The original stays as the cause and never leaves the process, but for what
 * the system has said of a disk, in a word: `ENOSPC (write)`.
 */
export function toWireError(error: unknown): QError {
  if (QError.is(error)) return error;
  if (StorageError.is(error)) {
    return new QError(wireNames[error.code], error.message, { cause: error, details: detailsOf(error) });
  }
  return new QError('UNKNOWN', 'the broker failed in a way that it did not foresee; its log has the details', {
    cause: error,
  });
}

/** Whoever finds no room is told when to look again: the broker itself looks every few seconds. */
function detailsOf(error: StorageError): ErrorDetails {
  const cause = causeText(error);
  return {
    ...error.details,
    ...(error.code === 'STORAGE_FULL' && { retryAfterMs: fullPauseMs }),
    ...(cause !== null && { cause }),
  };
}

/** What the system said, without paths: where the data is, is nobody's business. Clients have it as a cause. */
function causeText({ cause }: StorageError): string | null {
  const { code, syscall } = (cause ?? {}) as { readonly code?: unknown; readonly syscall?: unknown };
  if (typeof code !== 'string') return null;
  return typeof syscall === 'string' ? `${code} (${syscall})` : code;
}

/** Whether an error is the broker's own mistake or trouble, worth a line in its log, and not the client's. */
export function isBrokerFault(error: QError): boolean {
  return error.code === 'UNKNOWN' || error.code === 'STORAGE_FAILED' || error.code === 'CORRUPT_LOG';
}

/** As `toWireError`, for an error inside an answer, which nobody else logs: an accident is logged here. */
export function toPartitionError(thrown: unknown, logger: BrokerLogger): QError {
  const error = toWireError(thrown);
  if (error.code === 'UNKNOWN')
    logger.error({ event: 'partition.not_served', err: thrown }, 'a partition could not be served');
  return error;
}
