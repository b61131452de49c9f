import type { TracedBatch, TracedMessage, Tracing } from '../tracing/tracing.ts';

type Traced = TracedMessage | TracedBatch;

/** The items as they are, each with a span of its being received where there is somebody who wants to know. */
export function receiving<T extends Traced>(
  items: AsyncIterableIterator<T, undefined>,
  tracing: Tracing | null,
  group: string | null,
): AsyncIterableIterator<T, undefined> {
  return tracing === null ? items : new ReceivingIterator(items, tracing, group);
}

/** Calls the handler, within the span of handling what it is given where there is somebody who wants to know. */
export function handled<T extends Traced, R>(
  given: T,
  o: { tracing: Tracing | null; group: string | null; handler: (given: T) => R },
): R {
  const { tracing, group, handler } = o;
  return tracing === null ? handler(given) : tracing.process(given, group, handler);
}

class ReceivingIterator<T extends Traced> implements AsyncIterableIterator<T, undefined> {
  readonly #items: AsyncIterableIterator<T, undefined>;
  readonly #tracing: Tracing;
  readonly #group: string | null;

  constructor(items: AsyncIterableIterator<T, undefined>, tracing: Tracing, group: string | null) {
    this.#items = items;
    this.#tracing = tracing;
    this.#group = group;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const received = this.#tracing.receive(this.#group);
    return this.#items.next().then((result) => {
      if (result.done !== true) received(result.value);
      return result;
    });
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    return (await this.#items.return?.()) ?? { done: true, value: undefined };
  }
}
