import { QError } from '@q/protocol';

import type { OutgoingBatch } from './outgoing-batch.ts';

/*
 * What callers are told of a record that was not acknowledged. Whether it was stored is said twice: in words, and as
 * `details.outcome`: 'not-stored', or 'unknown' when a copy went out and no answer said what became of it.
 */

/** The producer gave the record up: `reason` with the record's fate, and the last failure as its cause. */
export function givenUp(
  reason: QError,
  o: { topic: string; maybeStored: boolean; isTransactional?: boolean; cause?: QError | null },
): QError {
  const fate = o.maybeStored ? unknownFate(o) : 'the record was not stored';
  const because =
    o.cause === undefined || o.cause === null ? '' : `; last failure: ${o.cause.code}: ${o.cause.message}`;
  return new QError(reason.code, `${reason.message}: ${fate} in topic "${o.topic}"${because}`, {
    ...(o.cause === undefined || o.cause === null ? {} : { cause: o.cause }),
    details: { topic: o.topic, outcome: o.maybeStored ? 'unknown' : 'not-stored' },
  });
}

/** Of a transaction that lacks a record nothing is committed. */
function unknownFate({ isTransactional }: { readonly isTransactional?: boolean }): string {
  return isTransactional
    ? 'its transaction cannot commit, so nobody who reads committed records gets the record'
    : 'it is unknown whether the record was stored';
}

/** The broker refused the batch for good: its error, with the place. */
export function refused(error: QError, batch: OutgoingBatch): QError {
  const { topic, partition } = batch.queue;
  const fate = batch.maybeStored ? `; ${unknownFate(batch)}` : '';
  return new QError(error.code, `Topic "${topic.name}", partition ${partition}: ${error.message}${fate}`, {
    cause: error,
    details: { ...error.details, topic: topic.name, partition, outcome: batch.maybeStored ? 'unknown' : 'not-stored' },
  });
}
