import type { QError } from '@q/protocol';

import { toQError } from '../retry.ts';

/** What an iterator pulls from. */
export interface PullSource<T> {
  /** What is at hand: an item, null for nothing, a promise if it takes a moment. May throw. */
  take(): T | null | Promise<T | null>;
  /** Resolves with true when `take` is worth another try, with false when there will be nothing more. */
  wait(): Promise<boolean>;
  /** The loop was left (`isLeft`: with `break`, or the like), failed, or came to its end. Leaving and failing wait for what it returns. */
  stop(isLeft: boolean): void | Promise<unknown>;
}

/**
 * An async iterator over a source that mostly has something at hand. An item at hand costs one promise, already resolved;
 * an async generator would cost three.
 *
 * Invariant: items are pulled one at a time, in order, even if `next` is called again before the last call has settled.
 */
export class PullIterator<T> implements AsyncIterableIterator<T, undefined> {
  readonly #source: PullSource<T>;
  #busy: Promise<unknown> | null = null;
  #ended = false;

  constructor(source: PullSource<T>) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#busy !== null) return this.#queued();
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
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
    return { done: true, value: undefined };
  }

  #queued(): Promise<IteratorResult<T, undefined>> {
    const pull = (): Promise<IteratorResult<T, undefined>> => this.#pullNow();
    return this.#track((this.#busy as Promise<unknown>).then(pull, pull));
  }

  async #pullNow(): Promise<IteratorResult<T, undefined>> {
    return this.#ended ? { done: true, value: undefined } : this.#pull(null);
  }

  async #pull(first: Promise<T | null> | null): Promise<IteratorResult<T, undefined>> {
    try {
      let item = await (first ?? this.#source.take());
      while (item === null) {
        if (!(await this.#source.wait())) {
          await this.#end(false);
          return { done: true, value: undefined };
        }
        item = await this.#source.take();
      }
      return { done: false, value: item };
    } catch (thrown) {
      return this.#fail(toQError(thrown, 'consuming'));
    }
  }

  async #fail(error: QError): Promise<never> {
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
