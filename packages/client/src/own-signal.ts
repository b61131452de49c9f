import { LinkedList } from './linked-list.ts';
import type { ListNode } from './linked-list.ts';

interface Listener extends ListNode<Listener> {
  readonly fn: () => void;
}

/**
 * An AbortController with its signal in one, for what is ours and outlives thousands of listeners. An AbortSignal has
 * them in a Map, which does not forget what has left it (linked-list.ts).
 */
export class OwnSignal {
  readonly #listeners = new LinkedList<Listener>();
  #aborted = false;
  #reason: unknown = undefined;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** Nothing happens the second time. */
  abort(reason: unknown = new Error('stopped')): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    for (let listener = this.#listeners.first; listener !== null; listener = this.#listeners.first) {
      this.#listeners.remove(listener);
      listener.fn();
    }
  }

  /** Calls `fn` once, when it aborts later. The returned function takes the listener away. */
  listen(fn: () => void): () => void {
    const listener: Listener = { fn, list: null, before: null, after: null };
    this.#listeners.add(listener);
    return () => this.#listeners.remove(listener);
  }
}
