import { errorEntryByName } from '@q/protocol';
import type { ErrorName, QError } from '@q/protocol';
import { authorOf } from '../caller.ts';
import type { Author } from '../caller.ts';
import { isBrokerFault } from '../errors/wire-error.ts';
import type { BrokerLogger } from '../logger.ts';

/** A request that was not served as it was meant. */
export interface FailedRequest {
  readonly door: string;
  /** Missing where not even that is known. */
  readonly api: string | undefined;
  readonly caller: Author;
  readonly requestId: number | undefined;
  readonly error: QError;
  /** What was thrown; `error` is what the client hears. */
  readonly thrown: unknown;
  /** Its bytes are not what the protocol calls for. */
  readonly isMalformed: boolean;
}

/**
 * Mistakes that healthy programs make all the time: they create their topics at each start, and their members learn
 * by them that the group has changed. The events of groups tell of the latter. The audit trail tells of denials, the
 * first of many that are equal, and how many they were: some clients ask again at once, 1,900 times a second.
 */
const usual: ReadonlySet<ErrorName> = new Set([
  'TOPIC_EXISTS',
  'UNKNOWN_MEMBER',
  'FENCED_MEMBER_EPOCH',
  'STALE_MEMBER_EPOCH',
  'PARTITION_NOT_OWNED',
  'UNRELEASED_INSTANCE',
  'OFFSET_OUT_OF_RANGE',
  'NOT_AUTHORIZED',
]);

/** Whether a line about it helps to find a program that has to be changed. */
export function isClientsMistake(code: ErrorName): boolean {
  return errorEntryByName(code).kind === 'fix' && !usual.has(code);
}

/** The line about a request that failed, or that was refused: one at most. */
export function reportRequest(logger: BrokerLogger, failed: FailedRequest): void {
  const { door, api, error, thrown, isMalformed } = failed;
  const { clientId, address, connectionId = 0 } = authorOf(failed.caller);
  const { code, message: reason } = error;
  const who = { clientId, address, connectionId, requestId: failed.requestId };
  if (isBrokerFault(error))
    logger.error({ event: 'request.failed', door, api, code, err: thrown, ...who }, 'request failed');
  else if (isMalformed)
    logger.warn({ event: 'request.malformed', door, api, code, reason, ...who }, 'a request was not understood');
  else if (api !== undefined && isClientsMistake(code))
    logger.info({ event: 'request.refused', door, api, code, reason, ...who }, 'a request was refused');
}
