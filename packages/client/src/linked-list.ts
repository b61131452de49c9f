/*
 * A list whose nodes link themselves: in order of arrival, and left from anywhere, in constant time and without memory
 * of its own.
 *
 * For what comes and goes all the time, in place of a Set or a Map of objects. Those put their entries into a new table
 * every few dozen changes, and V8 lets the old table point to the new one: once one of them has become old, all that
 * follow it survive with what they hold, until the next full collection. The batches of a producer did
 * (docs/notes/2026-11-27-what-a-map-forgets.md).
 *
 * Invariants
 * - A node is in one list at most; `list` says in which.
 * - Who has left has no neighbours: a node that is old and dead keeps nobody alive.
 */

/** What the list needs of its nodes, for itself alone. Others may read `after`. */
export interface ListNode<T extends ListNode<T>> {
  list: LinkedList<T> | null;
  before: T | null;
  after: T | null;
}

export class LinkedList<T extends ListNode<T>> {
  #first: T | null = null;
  #last: T | null = null;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): T | null {
    return this.#first;
  }

  /** Puts the node at the end, unless it is in this list already. It leaves the list that it was in. */
  add(node: T): void {
    if (node.list === this) return;
    node.list?.remove(node);
    node.list = this;
    node.before = this.#last;
    if (this.#last === null) this.#first = node;
    else this.#last.after = node;
    this.#last = node;
    this.#length += 1;
  }

  /** Nothing happens if it is not in this list. */
  remove(node: T): void {
    if (node.list !== this) return;
    const { before, after } = node;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    node.list = null;
    node.before = null;
    node.after = null;
    this.#length -= 1;
  }

  clear(): void {
    while (this.#first !== null) this.remove(this.#first);
  }

  /** As the list is now, so that it may change meanwhile. */
  toArray(): T[] {
    const nodes: T[] = [];
    for (let node = this.#first; node !== null; node = node.after) nodes.push(node);
    return nodes;
  }
}
