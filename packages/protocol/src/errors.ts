import { errorEntryByName } from './errors-table.ts';
import type { ErrorKind, ErrorName } from './errors-table.ts';

/** Facts about an error for programs, such as the valid range of offsets. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

/** What may be told of an error besides its code and message. */
export interface QErrorOptions {
  readonly cause?: unknown;
  readonly details?: ErrorDetails;
}

/** `Symbol.for` and not a private symbol: two copies of this package in one process must know each other's errors. */
const brand: symbol = Symbol.for('@q/protocol/QError');

const noDetails: ErrorDetails = Object.freeze({});

/**
 * The one error class of q. `code` is stable and meant for programs, `message` is meant for people.
 * Test with {@link QError.is}, not with `instanceof`: it also knows errors made by another copy of this package.
 */
export class QError extends Error {
  override readonly name = 'QError';
  readonly code: ErrorName;
  readonly kind: ErrorKind;
  readonly details: ErrorDetails;

  constructor(code: ErrorName, message: string, options?: QErrorOptions) {
    super(message, options !== undefined && 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.kind = errorEntryByName(code).kind;
    this.details = options?.details ?? noDetails;
  }

  /** Whether the same request may succeed when it is sent again. */
  get retriable(): boolean {
    return this.kind === 'retry';
  }

  /** Whether the producer, connection or partition cannot go on. */
  get fatal(): boolean {
    return this.kind === 'fatal';
  }

  /** Whether it is a QError, also of another copy of this package. */
  static is(error: unknown): error is QError {
    if (typeof error !== 'object' || error === null) return false;
    try {
      return Reflect.get(error, brand) === true;
    } catch {
      // A proxy that was revoked, or that throws, is whatever it is.
      return false;
    }
  }
}

// On the prototype, so that the brand does not show when an error is printed.
Object.defineProperty(QError.prototype, brand, { value: true });
