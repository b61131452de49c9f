import type { StorageError } from '../errors.ts';
import type { RepeatedRecord } from '../message-ids/message-id-window.ts';
import type { Append } from '../ports/log-store.ts';
import type { Segment } from '../segment/segment.ts';
import type { FlushedLog } from './flush-queue.ts';

const kept: Promise<void> = Promise.resolve();
const noRepeats: readonly RepeatedRecord[] = Object.freeze([]);

export interface PendingAppendFields {
  readonly log: FlushedLog;
  readonly segment: Segment;
  readonly position: number;
  readonly batch: Buffer;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly logAppendTimeMs: number;
  readonly repeats?: readonly RepeatedRecord[];
}

/**
 * One batch on its way to the disk, and the answer to its `append`. The promise is made only for those who look at it:
 * internal writers that wait for their last batch alone do not pay for the others.
 */
export class PendingAppend implements Append {
  readonly log: FlushedLog;
  readonly segment: Segment;
  /** Where in the segment's file it goes. */
  readonly position: number;
  readonly batch: Buffer;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly logAppendTimeMs: number;
  readonly duplicate = false;
  readonly repeats: readonly RepeatedRecord[];
  #outcome: 'waiting' | 'durable' | StorageError = 'waiting';
  #durable: PromiseWithResolvers<void> | null = null;

  constructor(o: PendingAppendFields) {
    this.log = o.log;
    this.segment = o.segment;
    this.position = o.position;
    this.batch = o.batch;
    this.baseOffset = o.baseOffset;
    this.lastOffset = o.lastOffset;
    this.logAppendTimeMs = o.logAppendTimeMs;
    this.repeats = o.repeats ?? noRepeats;
  }

  get durable(): Promise<void> {
    if (this.#durable) return this.#durable.promise;
    if (this.#outcome === 'durable') return kept;
    if (this.#outcome !== 'waiting') return Promise.reject(this.#outcome);
    this.#durable = Promise.withResolvers<void>();
    return this.#durable.promise;
  }

  keep(): void {
    if (this.#outcome !== 'waiting') return;
    this.#outcome = 'durable';
    this.#durable?.resolve();
  }

  /** The first outcome counts: a truncation fails appends that their round then keeps. */
  fail(error: StorageError): void {
    if (this.#outcome !== 'waiting') return;
    this.#outcome = error;
    this.#durable?.reject(error);
  }
}

/** The answer to a batch that was appended before: waits for `original`, if that still waits. */
export function duplicateAppend(o: {
  baseOffset: number;
  lastOffset: number;
  logAppendTimeMs: number;
  original: Append | null;
  repeats?: readonly RepeatedRecord[];
}): Append {
  const { baseOffset, lastOffset, logAppendTimeMs, original, repeats = noRepeats } = o;
  return { baseOffset, lastOffset, logAppendTimeMs, duplicate: true, repeats, durable: original?.durable ?? kept };
}
