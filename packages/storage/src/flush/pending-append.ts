import type { StorageError } from '../errors.ts';
import type { Append, AppendWaiter, RepeatedRecord } from '../ports/log-store.ts';
import type { Segment } from '../segment/segment.ts';
import type { FlushedLog, QueuedAppend } from './flushed-log.ts';

const kept: Promise<void> = Promise.resolve();
const noRepeats: readonly RepeatedRecord[] = Object.freeze([]);

/**
 * One batch on its way to the disk, and the answer to its `append`. The promise is made only for those who look at it:
 * internal writers that wait for their last batch alone do not pay for the others.
 *
 * It lets go of whoever waited as soon as it is settled: it is kept until its file has it (log-files.ts).
 */
export class PendingAppend implements Append, QueuedAppend {
  readonly log: FlushedLog;
  readonly segment: Segment;
  /** Where in the segment's file it goes. */
  readonly position: number;
  readonly batch: Buffer;
  readonly baseOffset: number;
  readonly lastOffset: number;
  logAppendTimeMs = -1;
  readonly duplicate = false;
  repeats: readonly RepeatedRecord[] = noRepeats;
  after: PendingAppend | null = null;
  #outcome: 'waiting' | 'durable' | StorageError = 'waiting';
  #durable: Promise<void> | null = null;
  /** Nearly always one, or none. */
  #waiter: AppendWaiter | null = null;
  #laterWaiters: AppendWaiter[] | null = null;

  /**
   * Of a batch that comes next in `segment`, which does not count it yet. Plain parameters: an object would be made for
   * each append.
   */
  constructor(log: FlushedLog, segment: Segment, batch: Buffer, baseOffset: number, lastOffset: number) {
    this.log = log;
    this.segment = segment;
    this.position = segment.sizeBytes;
    this.batch = batch;
    this.baseOffset = baseOffset;
    this.lastOffset = lastOffset;
  }

  get isWaiting(): boolean {
    return this.#outcome === 'waiting';
  }

  get hasFailed(): boolean {
    return this.#outcome !== 'waiting' && this.#outcome !== 'durable';
  }

  get durable(): Promise<void> {
    if (this.#outcome === 'durable') return kept;
    this.#durable ??= new Promise((resolve, reject) => this.whenSettled({ kept: resolve, failed: reject }));
    return this.#durable;
  }

  whenSettled(waiter: AppendWaiter): void {
    if (this.#outcome === 'durable') waiter.kept();
    else if (this.#outcome !== 'waiting') waiter.failed(this.#outcome);
    else if (!this.#waiter) this.#waiter = waiter;
    else (this.#laterWaiters ??= []).push(waiter);
  }

  keep(): void {
    if (this.#outcome !== 'waiting') return;
    this.#outcome = 'durable';
    if (this.#waiter) this.#waiter.kept();
    if (this.#laterWaiters) for (const waiter of this.#laterWaiters) waiter.kept();
    this.#letGo();
  }

  /** The first outcome counts: the end of everything fails appends that their round then keeps. */
  fail(error: StorageError): void {
    if (this.#outcome !== 'waiting') return;
    this.#outcome = error;
    if (this.#waiter) this.#waiter.failed(error);
    if (this.#laterWaiters) for (const waiter of this.#laterWaiters) waiter.failed(error);
    this.#letGo();
  }

  #letGo(): void {
    this.after = null;
    this.#durable = null;
    this.#waiter = null;
    this.#laterWaiters = null;
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
  return {
    baseOffset,
    lastOffset,
    logAppendTimeMs,
    duplicate: true,
    repeats,
    // Made when it is asked for: the failure of a promise that nobody looks at would end the process.
    get durable() {
      return original?.durable ?? kept;
    },
    whenSettled: (waiter) => (original ? original.whenSettled(waiter) : waiter.kept()),
  };
}
