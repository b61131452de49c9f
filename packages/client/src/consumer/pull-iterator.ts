import type { QError } from '@q/protocol';

import type { Clock } from '../clock.ts';
import { clientLimits } from '../limits.ts';
import { toQError } from '../retry.ts';

/** What an iterator pulls from. */
export interface PullSource<T> {
  readonly clock: Pick<Clock, 'monotonic' | 'defer'>;
  /**
   * The time is looked at once for so many items: 1 for large ones, more for those that take less time than the look.
   */
  readonly itemsPerLook: number;
  /** What is at hand: an item, null for nothing, a promise if it takes a moment. May throw. */
  take(): T | null | Promise<T | null>;
  /** Resolves with true when `take` is worth another try, with false when there will be nothing more. */
  wait(): Promise<boolean>;
  /** The item was taken in the moment in which the loop was left: nobody has seen it. */
  takeBack?(item: T): void;
  /**
   * The loop was left (`isLeft`: with `break`, or the like), failed, or came to its end. Leaving and failing wait for
   * what it returns.
   */
  stop(isLeft: boolean): void | Promise<unknown>;
}

/**
 * An async iterator over a source that mostly has something at hand. An item at hand costs one promise, already
 * resolved; an async generator would cost three.
 *
 * A loop over promises that are resolved already gives the event loop no turn: nothing would be read from the network
 * until all that is buffered was handed out, and with a handler that computes for long no heartbeat would be sent. So
 * now and then an item is taken only after a turn.
 *
 * Invariants
 * - Whoever waits for an item hears of the end: when the loop is left, and when its owner calls `finish`, also if the
 *   source never answers. An item that comes afterwards is the source's own to take back.
 * - Items are pulled one at a time, in order, even if `next` is called again before the last call has settled.
 * - The event loop gets a turn at least every `consumerTurnMs`, unless a single item, or those of one look, take
 *   longer.
 */
export class PullIterator<T> implements AsyncIterableIterator<T, undefined> {
  readonly #source: PullSource<T>;
  #busy: Promise<unknown> | null = null;
  #ended = false;
  /** Tells whoever waits for an item that there is none; null: nobody does, or hears of a failure soon. */
  #tellEnd: (() => void) | null = null;
  #sinceLook = 0;
  #turnAtMs: number;

  constructor(source: PullSource<T>) {
    this.#source = source;
    this.#turnAtMs = source.clock.monotonic();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#busy !== null) return this.#queued();
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    if (this.#isTurnDue()) return this.#track(this.#pullAfterTurn());
    let item: T | null | Promise<T | null>;
    try {
      item = this.#source.take();
    } catch (thrown) {
      return this.#track(this.#fail(toQError(thrown, 'consuming')));
    }
    if (item !== null && !(item instanceof Promise)) return Promise.resolve({ done: false, value: item });
    return this.#track(this.#pull(item as Promise<T | null> | null));
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    await this.#end(true);
    this.finish();
    return { done: true, value: undefined };
  }

  /** The source has ended: nothing more comes, and nobody is kept waiting. */
  finish(): void {
    this.#ended = true;
    this.#tellEnd?.();
    this.#tellEnd = null;
  }

  /** It may have ended while we waited. */
  get #isOver(): boolean {
    return this.#ended;
  }

  #queued(): Promise<IteratorResult<T, undefined>> {
    const pull = (): Promise<IteratorResult<T, undefined>> => this.#pullNow();
    return this.#track((this.#busy as Promise<unknown>).then(pull, pull));
  }

  #isTurnDue(): boolean {
    this.#sinceLook += 1;
    if (this.#sinceLook < this.#source.itemsPerLook) return false;
    this.#sinceLook = 0;
    return this.#source.clock.monotonic() - this.#turnAtMs >= clientLimits.consumerTurnMs;
  }

  async #pullAfterTurn(): Promise<IteratorResult<T, undefined>> {
    const { clock } = this.#source;
    await new Promise<void>((resolve) => clock.defer(resolve));
    this.#turnAtMs = clock.monotonic();
    return this.#pullNow();
  }

  async #pullNow(): Promise<IteratorResult<T, undefined>> {
    return this.#ended ? { done: true, value: undefined } : this.#pull(null);
  }

  #pull(first: Promise<T | null> | null): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      this.#tellEnd = () => resolve({ done: true, value: undefined });
      this.#pullToEnd(first).then(resolve, reject);
    });
  }

  async #pullToEnd(first: Promise<T | null> | null): Promise<IteratorResult<T, undefined>> {
    try {
      let taken = first ?? this.#source.take();
      let item = taken instanceof Promise ? await taken : taken;
      while (item === null && !this.#ended) {
        if (!(await this.#source.wait()) || this.#isOver) break;
        taken = this.#source.take();
        item = taken instanceof Promise ? await taken : taken;
      }
      if (item !== null && !this.#ended) {
        this.#tellEnd = null;
        return { done: false, value: item };
      }
      if (item !== null) this.#source.takeBack?.(item);
    } catch (thrown) {
      return this.#fail(toQError(thrown, 'consuming'));
    }
    await this.#end(false);
    return { done: true, value: undefined };
  }

  async #fail(error: QError): Promise<never> {
    // The error is what is to be heard, not the end that it leads to.
    this.#tellEnd = null;
    await this.#end(false);
    throw error;
  }

  #track(step: Promise<IteratorResult<T, undefined>>): Promise<IteratorResult<T, undefined>> {
    this.#busy = step;
    const settled = (): void => {
      if (this.#busy === step) this.#busy = null;
    };
    step.then(settled, settled);
    return step;
  }

  #end(isLeft: boolean): void | Promise<unknown> {
    if (this.#ended) return;
    this.#ended = true;
    return this.#source.stop(isLeft);
  }
}
