import type { Api } from '../apis/api.ts';
import { Writer } from '../schema/writer.ts';

/**
 * What a message begins with at most, however large the last one was: it keeps that until it is sent, however small it
 * is.
 */
const headBytesMax = 16 * 1024;

/**
 * How much the heads of messages take: the next one of an API is likely to need what the last one did. One that begins
 * small and grows is made and copied three times more until it holds 64 small batches.
 */
export class HeadSizes {
  readonly #bytes = new WeakMap<Api<unknown, unknown>, number>();

  writerFor(api: Api<unknown, unknown>): Writer {
    return new Writer(this.bytesFor(api));
  }

  /** What the next message begins with; undefined before the first. */
  bytesFor(api: Api<unknown, unknown>): number | undefined {
    return this.#bytes.get(api);
  }

  /** `writer` has all of its message. */
  note(api: Api<unknown, unknown>, { headBytesWritten }: Writer): void {
    // With some more, since the next one is seldom of exactly the same size.
    this.#bytes.set(api, Math.min(headBytesMax, headBytesWritten + (headBytesWritten >> 3)));
  }
}
