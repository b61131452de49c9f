/**
 * What becomes of the partitions of an append between their append and its answer: each waits for its append, or, if it
 * was refused, for the one before it in its partition, and the request for all of them.
 *
 * The hot path of small batches: no promise and no closure for each partition.
 */
import { QError } from '@q/protocol';
import type { Append, AppendWaiter } from '@q/storage';
import type { Clock, Scheduled } from '../../clock.ts';
import type { Caller } from '../../caller.ts';
import { toPartitionError } from '../../errors/wire-error.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { Partition } from '../topics/topic.ts';

/** What an acknowledgement was given under. */
export type AppendDurability = 'fsync' | 'interval' | 'os' | 'memory';

export interface SettleOptions {
  readonly clock: Clock;
  readonly logger: BrokerLogger;
  readonly timeoutMs: number;
  readonly budget: Caller['budget'];
}

/** `asExpected`: every part has the result that it had when it was appended or refused. */
export type Done = (o: { readonly asExpected: boolean }) => void;

/** Calls `done` when every part has its final result, or is out of time. */
export function settle(parts: readonly AppendResult[], options: SettleOptions, done: Done): void {
  if (parts.every(({ isSettled }) => isSettled)) done({ asExpected: true });
  else new Settling(parts, options, done).begin();
}

/** One partition of a request on its way, which is what its caller is told once `isSettled`. */
export class AppendResult implements AppendWaiter {
  readonly partition: number;
  /** Null when the batch is in the log, and as durable as `durability` says. */
  error: QError | null = null;
  /** -1 after an error. */
  baseOffset = -1;
  /** The time that the broker has given the records, in ms since 1970; -1 where they keep their own. */
  logAppendTimeMs = -1;
  /** -1 when the partition is not there. */
  logStartOffset = -1;
  duplicate = false;
  durability: AppendDurability | null = null;
  /** Null when there is none. */
  readonly #place: Partition | null;
  readonly #append: Append | null;
  readonly #isRefused: boolean;
  #settling: Settling | null = null;
  #isSettled: boolean;

  private constructor(o: { partition: number; place: Partition | null; append: Append | null; isRefused: boolean }) {
    this.partition = o.partition;
    this.#place = o.place;
    this.#append = o.append;
    this.#isRefused = o.isRefused;
    this.#isSettled = o.append === null;
  }

  /** Its batch is in the log. Whatever is said of the partition from now on comes later than what becomes of it. */
  static appended(
    place: Partition,
    append: Append,
    o: { logStartOffset: number; durability: AppendDurability },
  ): AppendResult {
    const part = new AppendResult({ partition: place.index, place, append, isRefused: false });
    part.baseOffset = append.baseOffset;
    part.logAppendTimeMs = append.logAppendTimeMs;
    part.logStartOffset = o.logStartOffset;
    part.duplicate = append.duplicate;
    part.durability = o.durability;
    place.lastAppend = append;
    return part;
  }

  /** `place`: null when there is none. */
  static refused(partition: number, place: Partition | null, error: QError): AppendResult {
    const part = new AppendResult({ partition, place, append: place?.lastAppend ?? null, isRefused: true });
    part.logStartOffset = place?.log?.logStartOffset ?? -1;
    part.fail(error);
    return part;
  }

  /** Its name; null when there is none. */
  get topic(): string | null {
    return this.#place?.topic.name ?? null;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** For Settling alone. */
  listen(settling: Settling): void {
    this.#settling = settling;
    this.#append?.whenSettled(this);
  }

  kept(): void {
    this.#settled();
  }

  failed(error: unknown): void {
    // Whatever became of the earlier append, its own request is told; for one that was refused only the moment matters.
    if (!this.#isRefused) this.fail((this.#settling as Settling).errorOf(error));
    this.#settled();
  }

  /** Settles it with an error, unless it is settled. */
  fail(error: QError): void {
    this.error = error;
    this.baseOffset = -1;
    this.logAppendTimeMs = -1;
    this.duplicate = false;
    this.durability = null;
  }

  #settled(): void {
    this.#isSettled = true;
    // It would keep the memory of its batch alive.
    const place = this.#place;
    if (place !== null && place.lastAppend === this.#append) place.lastAppend = null;
    this.#settling?.oneSettled();
  }
}

/** A request that waits for its parts. */
class Settling {
  readonly #parts: readonly AppendResult[];
  readonly #options: SettleOptions;
  readonly #done: Done;
  readonly #release: () => void;
  readonly #timer: Scheduled;
  #open: number;
  #asExpected = true;
  #isTold = false;

  constructor(parts: readonly AppendResult[], options: SettleOptions, done: Done) {
    this.#parts = parts;
    this.#options = options;
    this.#done = done;
    // Storage works on views of the frame until the appends are durable, also when the answer is given before.
    this.#release = options.budget.holdFrame();
    this.#timer = options.clock.schedule(options.timeoutMs, () => this.#outOfTime());
    // One more than there are, until all of them were asked: some may be settled by then.
    this.#open = 1;
  }

  begin(): void {
    for (const part of this.#parts) {
      if (part.isSettled) continue;
      this.#open += 1;
      part.listen(this);
    }
    this.oneSettled();
  }

  oneSettled(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    this.#timer.cancel();
    this.#release();
    if (!this.#isTold) this.#done({ asExpected: this.#asExpected });
  }

  errorOf(thrown: unknown): QError {
    this.#asExpected = false;
    return toPartitionError(thrown, this.#options.logger);
  }

  #outOfTime(): void {
    for (const part of this.#parts) if (!part.isSettled) part.fail(timedOut(this.#options.timeoutMs));
    this.#isTold = true;
    this.#done({ asExpected: false });
  }
}

function timedOut(timeoutMs: number): QError {
  return new QError(
    'REQUEST_TIMED_OUT',
    `the records were not durable after ${timeoutMs} ms; they may become so later`,
  );
}
