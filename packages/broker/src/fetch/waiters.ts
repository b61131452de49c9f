/**
 * Long polls: fetches that wait until there is something to read.
 *
 * Invariants:
 *  1. A waiter resolves exactly once: by records, by its time, by its connection's end, or by the broker's. Whichever
 *     comes first removes it from everything that could wake it.
 *  2. After `releaseAll` nobody waits any more: the broker is stopping and answers at once.
 */
import type { Clock } from '../clock.ts';
import type { Peer } from '../connection/peer.ts';
import type { Partition } from '../topics/topic.ts';

export interface WaitOptions {
  readonly partitions: readonly Partition[];
  readonly timeoutMs: number;
  readonly peer: Peer;
}

export class FetchWaiters {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #isReleased = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** True once the broker is stopping. */
  get isReleased(): boolean {
    return this.#isReleased;
  }

  /**
   * Resolves when one of the partitions has something new, when the time is up, or when waiting has become pointless.
   * All partitions that one flush made readable are so when the promise's reactions run: the flush moves them in one go.
   */
  wait(options: WaitOptions): Promise<void> {
    if (this.#isReleased || options.peer.isClosed || options.timeoutMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const stops: (() => void)[] = [];
      const wake = (): void => {
        if (!this.#waiting.delete(wake)) return;
        timer.cancel();
        for (const stop of stops) stop();
        resolve();
      };
      this.#waiting.add(wake);
      const timer = this.#clock.schedule(options.timeoutMs, wake);
      stops.push(options.peer.onClose(wake));
      for (const partition of options.partitions) stops.push(partition.onRecords(wake));
    });
  }

  /** Wakes everybody, now and from now on. */
  releaseAll(): void {
    this.#isReleased = true;
    for (const wake of this.#waiting) wake();
  }
}
