import { closedError } from '../cluster/broker-link.ts';
import type { PartitionReader } from './partition-reader.ts';

/** Somebody who waits, and for which offset of each partition. */
interface Waiter {
  /** By partition; those that were reached are taken out. */
  readonly ends: Map<number, number>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Tells when all that was there at some moment has been handed out. A moving end may never be met by a loop that is
 * always a little behind it; an end that was looked up once is.
 *
 * Invariants
 * - It is looked at between batches, and where the loop has nothing to do: a message costs nothing.
 * - A partition that is not read any more is not waited for.
 */
export class CatchUp {
  readonly #readerOf: (partition: number) => PartitionReader | undefined;
  readonly #waiters = new Set<Waiter>();
  #isClosed = false;

  constructor(readerOf: (partition: number) => PartitionReader | undefined) {
    this.#readerOf = readerOf;
  }

  /** Resolves when all partitions are at these ends, and the loop has come back for more. Rejects when it is closed. */
  until(ends: ReadonlyMap<number, number>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(closedError('The consumer'));
      this.#waiters.add({ ends: new Map(ends), resolve, reject });
      this.look();
    });
  }

  look(): void {
    // Mostly nobody waits.
    for (const waiter of this.#waiters) {
      for (const [partition, end] of waiter.ends) {
        const reader = this.#readerOf(partition);
        if (reader === undefined || reader.hasHandedOut(end)) waiter.ends.delete(partition);
      }
      if (waiter.ends.size > 0) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiters) reject(closedError('The consumer'));
    this.#waiters.clear();
  }
}
