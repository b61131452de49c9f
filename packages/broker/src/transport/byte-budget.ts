import type { BudgetWatch } from './budget-watch.ts';

/**
 * The bytes that all connections together may hold on their way in.
 *
 * Invariants:
 *  1. `heldBytes` is the sum of what was taken and not released; it never falls below zero.
 *  2. A connection that finds the budget over its soft limit stops reading and waits here, first come first served.
 *  3. Nobody waits for ever: while no bytes are settling (nothing is on its way to the disk that will give bytes
 *     back), one waiter at a time gets the grant. It may read on past the limit until its frame is complete. Without
 *     that, many half-received frames could fill the budget and none could ever be finished.
 */
export class ByteBudget {
  heldBytes = 0;
  readonly #bounds: ByteBounds;
  #settlingBytes = 0;
  #granted: BudgetWaiter | null = null;
  readonly #waiters = new Set<BudgetWaiter>();
  readonly #watch: BudgetWatch | null;

  /** The bounds are looked at each time: they may move while the broker runs. */
  constructor(bounds: ByteBounds, watch: BudgetWatch | null = null) {
    this.#bounds = bounds;
    this.#watch = watch;
  }

  get softBytes(): number {
    return this.#bounds.softBytes;
  }

  get hardBytes(): number {
    return this.#bounds.hardBytes;
  }

  get isOverSoft(): boolean {
    return this.heldBytes > this.softBytes;
  }

  get isOverHard(): boolean {
    return this.heldBytes > this.hardBytes;
  }

  /** A request was refused because of what is held. */
  refused(): void {
    if (this.#watch !== null) this.#watch.refused += 1;
  }

  /** Changes the held bytes by a difference. */
  adjust(bytes: number): void {
    this.heldBytes += bytes;
    this.#watch?.look(this.heldBytes);
    if (bytes < 0) this.#wake();
  }

  /** Changes the part of the held bytes that will be released by itself, when it is durable. */
  adjustSettling(bytes: number): void {
    this.#settlingBytes += bytes;
    if (bytes < 0) this.#wake();
  }

  /** Whether this connection has to stop reading now. If so it is in the queue and `roomAgain` will be called. */
  mustWait(waiter: BudgetWaiter): boolean {
    if (!this.isOverSoft || this.#granted === waiter) return false;
    this.#waiters.add(waiter);
    this.#wake();
    return this.#waiters.has(waiter);
  }

  /**
   * A frame of this connection is complete, or the connection is gone: it needs neither grant nor place in the queue.
   */
  leave(waiter: BudgetWaiter): void {
    this.#waiters.delete(waiter);
    if (this.#granted === waiter) {
      this.#granted = null;
      this.#wake();
    }
  }

  #wake(): void {
    // A connection that is woken reads about one chunk before it looks again, so room for a chunk wakes one.
    let roomBytes = this.softBytes - this.heldBytes;
    while (roomBytes > 0 && this.#waiters.size > 0) {
      this.#wakeFirst();
      roomBytes -= chunkBytes;
    }
    if (this.#waiters.size > 0 && this.#settlingBytes === 0 && this.#granted === null) {
      this.#granted = this.#wakeFirst();
    }
  }

  /** Wakes the one that has waited longest; there is one. */
  #wakeFirst(): BudgetWaiter {
    const first = this.#waiters.values().next().value!;
    this.#waiters.delete(first);
    first.roomAgain();
    return first;
  }
}

export interface ByteBounds {
  readonly softBytes: number;
  readonly hardBytes: number;
}

export interface BudgetWaiter {
  /** Called outside of any promise: it must only note the fact or schedule work. */
  roomAgain(): void;
}

const chunkBytes = 64 * 1024;
