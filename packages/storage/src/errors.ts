/** Codes of everything the storage engine can refuse or fail with. The broker maps them to wire codes by name. */
export type StorageErrorCode =
  | 'CORRUPT_BATCH'
  | 'CORRUPT_LOG'
  | 'OFFSET_OUT_OF_RANGE'
  | 'BATCH_TOO_LARGE'
  | 'OUT_OF_ORDER_SEQUENCE'
  | 'STALE_PRODUCER_EPOCH'
  | 'UNKNOWN_PRODUCER_ID'
  | 'STALE_LEADER_EPOCH'
  | 'STORAGE_FULL'
  | 'STORAGE_FAILED'
  | 'STORAGE_LOCKED'
  | 'UNSUPPORTED_FORMAT'
  | 'LOG_EXISTS'
  | 'UNKNOWN_LOG'
  | 'CLOSED';

/** What a caller can do about an error: try the same again later, change what it asked for, or give up. */
export type StorageErrorKind = 'retry' | 'fix' | 'fatal';

const kinds: Readonly<Record<StorageErrorCode, StorageErrorKind>> = {
  CORRUPT_BATCH: 'fix',
  CORRUPT_LOG: 'fatal',
  OFFSET_OUT_OF_RANGE: 'fix',
  BATCH_TOO_LARGE: 'fix',
  OUT_OF_ORDER_SEQUENCE: 'fix',
  STALE_PRODUCER_EPOCH: 'fatal',
  UNKNOWN_PRODUCER_ID: 'fix',
  STALE_LEADER_EPOCH: 'retry',
  STORAGE_FULL: 'retry',
  STORAGE_FAILED: 'fatal',
  STORAGE_LOCKED: 'fatal',
  UNSUPPORTED_FORMAT: 'fatal',
  LOG_EXISTS: 'fix',
  UNKNOWN_LOG: 'fix',
  CLOSED: 'retry',
};

/** What an error names: a file, an offset, a limit. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

/** What storage throws, apart from QErrors about a batch. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  readonly kind: StorageErrorKind;
  readonly retriable: boolean;
  readonly details: ErrorDetails;
  /** Tells these errors from others, also across two copies of this package. */
  readonly brand = 'q.storage.error' as const;

  constructor(code: StorageErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StorageError';
    this.code = code;
    this.kind = kinds[code];
    this.retriable = this.kind === 'retry';
    this.details = options.details ?? {};
  }

  /** Whether it is a StorageError, also of another copy of this package. */
  static is(error: unknown): error is StorageError {
    return error instanceof Error && (error as { brand?: unknown }).brand === 'q.storage.error';
  }
}

/**
 * What a damaged file of no great worth is read with: it is done without. Not so one of a later format, which is whole
 * and means something.
 */
export function isUnreadable(error: unknown): boolean {
  return StorageError.is(error) && error.code === 'CORRUPT_LOG';
}

/**
 * A file of a format that this release does not know yet: it is neither damaged nor without meaning, and is to be left
 * alone.
 */
export function newerFormatError(o: {
  readonly file: string;
  readonly found: number;
  readonly known: number;
}): StorageError {
  const { file, found, known } = o;
  const message = `${file} has format version ${found}, written by a newer q; this one knows ${known}: start the newer q, or use another data folder`;
  return new StorageError('UNSUPPORTED_FORMAT', message, { details: { file, found, known } });
}

/** The POSIX name of what a file system refused with, or '' for any other error. */
export function systemCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/**
 * True for the errors of a write after which nothing is lost: no room on the disk or in the quota for it, or no
 * descriptor left to open its file with. Never asked about a sync: a sync that failed is the end, whatever its reason.
 */
export function isOutOfRoom(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(systemCode(error)) || isOutOfFiles(error);
}

/** True where the process or the system has no descriptor left: nothing was opened, so nothing has happened. */
export function isOutOfFiles(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes(systemCode(error));
}

/** True where the disk, or the quota, has no room: then some may be made. Also of a storage error with that cause. */
export function isDiskFull(error: unknown): boolean {
  const code = systemCode(StorageError.is(error) ? error.cause : error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** What a file system refused, in this package's terms; `what` says what was being done. */
export function asStorageError(error: unknown, what: string): StorageError {
  if (StorageError.is(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError(isOutOfRoom(error) ? 'STORAGE_FULL' : 'STORAGE_FAILED', `${what} failed: ${reason}`, {
    cause: error,
  });
}
