import { errorCode, errorEntry } from '@q/protocol';
import type { ErrorName, QError } from '@q/protocol';

/** How the native protocol says what became of a part of a request: 0 and null when all went well. */
export interface WireResult {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

const wentWell: WireResult = { errorCode: 0, errorMessage: null };

/** An error of a service as two fields of an answer. */
export function wireResult(error: QError | null): WireResult {
  return error === null ? wentWell : { errorCode: errorCode(error.code), errorMessage: error.message };
}

/** As `wireResult`, for a part that is told without words. */
export function wireCode(error: QError | null): number {
  return error === null ? 0 : errorCode(error.code);
}

/** The names of the errors in a list of parts, for the counters. */
export function* errorsOf(parts: readonly { readonly errorCode: number }[]): Iterable<ErrorName> {
  for (const part of parts) if (part.errorCode !== 0) yield errorEntry(part.errorCode).name;
}

/** The same of an answer that has its parts by topic. */
export function* errorsOfPartitions({
  topics,
}: {
  readonly topics: readonly { readonly partitions: readonly { readonly errorCode: number }[] }[];
}): Iterable<ErrorName> {
  for (const { partitions } of topics) yield* errorsOf(partitions);
}
