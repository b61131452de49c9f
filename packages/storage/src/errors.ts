/** Persisted nowhere; the broker maps each to its wire code in one place. */
export type StorageErrorCode =
  | 'CORRUPT_LOG'
  | 'OFFSET_OUT_OF_RANGE'
  | 'OUT_OF_ORDER_SEQUENCE'
  | 'STALE_PRODUCER_EPOCH'
  | 'STALE_LEADER_EPOCH'
  | 'STORAGE_FULL'
  | 'STORAGE_FAILED'
  | 'STORAGE_LOCKED'
  | 'CLOSED'
  | 'LOG_EXISTS'
  | 'UNKNOWN_LOG';

export type StorageErrorDetails = Readonly<Record<string, string | number | boolean>>;

const retriable: ReadonlySet<StorageErrorCode> = new Set<StorageErrorCode>(['STORAGE_FULL']);

/** Every error that this package throws on purpose. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  /** True when the same call may succeed later without a change by the caller. */
  readonly retriable: boolean;
  readonly details: StorageErrorDetails;

  constructor(code: StorageErrorCode, message: string, options: { cause?: unknown; details?: StorageErrorDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StorageError';
    this.code = code;
    this.retriable = retriable.has(code);
    this.details = options.details ?? {};
  }
}
