import type { CallerSignal } from '../caller.ts';

/**
 * The end of a connection, for whoever works for it. Not an `AbortSignal`: thousands of requests of a connection listen
 * and stop listening, and each listener there would outlive them in V8's old objects.
 */
export class ConnectionEnd implements CallerSignal {
  aborted = false;
  readonly #listeners = new Set<() => void>();

  onAbort(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The connection is gone. */
  abort(): void {
    this.aborted = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}
