/** Codes of what this package throws. What a store answers is no error, but a result. */
export type ClusterErrorCode =
  /** A name that no object can have. */
  | 'INVALID_NAME'
  /** A URL that names no object store. */
  | 'INVALID_URL'
  /** A size, a time or a count beyond its limit. */
  | 'INVALID_CALL'
  /** The store was closed. */
  | 'CLOSED';

/** Something that the caller asked for cannot be: nothing was sent to a store. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  readonly code: ClusterErrorCode;

  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
