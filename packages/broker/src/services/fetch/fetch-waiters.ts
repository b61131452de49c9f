/**
 * Long polls: fetches that wait until there is something to read.
 *
 * Invariants:
 *  1. A waiter resolves exactly once: by records, by its time, by its connection's end, or by the broker's. Whichever
 *     comes first removes it from everything that could wake it.
 *  2. In one turn of the event loop waiters of about `wakesPerTurnMax` partitions go on, whatever woke them; the others
 *     follow in the next turns, in the order in which they were woken. One record can wake everybody.
 *  3. After `releaseAll` nobody waits any more: the broker is stopping and answers at once.
 */
import type { Clock } from '../../clock.ts';
import type { CallerSignal } from '../../caller.ts';
import type { Partition } from '../topics/topic.ts';

export interface WaitOptions {
  readonly partitions: readonly Partition[];
  readonly timeoutMs: number;
  readonly signal: CallerSignal;
}

interface Woken {
  readonly partitions: number;
  readonly resolve: () => void;
}

export class FetchWaiters {
  readonly #clock: Clock;
  readonly #wakesPerTurnMax: number;
  readonly #waiting = new Set<() => void>();
  /** Woken, but not let go on yet. */
  readonly #woken = new Set<Woken>();
  #wakesThisTurn = 0;
  #turnIsNoted = false;
  #isReleased = false;

  constructor({ clock, wakesPerTurnMax }: { clock: Clock; wakesPerTurnMax: number }) {
    this.#clock = clock;
    this.#wakesPerTurnMax = wakesPerTurnMax;
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
   * All partitions that one flush made readable are so when the promise's reactions run: the flush moves them in one
   * go.
   */
  wait(options: WaitOptions): Promise<void> {
    if (this.#isReleased || options.signal.aborted || options.timeoutMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const stops: (() => void)[] = [];
      const wake = (): void => {
        if (!this.#waiting.delete(wake)) return;
        timer.cancel();
        for (const stop of stops) stop();
        this.#goOn({ partitions: options.partitions.length, resolve });
      };
      this.#waiting.add(wake);
      const timer = this.#clock.schedule(options.timeoutMs, wake);
      stops.push(options.signal.onAbort(wake));
      for (const partition of options.partitions) stops.push(partition.onRecords(wake));
    });
  }

  #goOn(woken: Woken): void {
    if (this.#woken.size > 0 || this.#wakesThisTurn >= this.#wakesPerTurnMax) this.#woken.add(woken);
    else this.#resolve(woken);
    if (this.#turnIsNoted) return;
    this.#turnIsNoted = true;
    this.#clock.defer(this.#nextTurn);
  }

  #resolve({ partitions, resolve }: Woken): void {
    this.#wakesThisTurn += Math.max(1, partitions);
    resolve();
  }

  readonly #nextTurn = (): void => {
    this.#turnIsNoted = this.#woken.size > 0;
    this.#wakesThisTurn = 0;
    for (const woken of this.#woken) {
      if (this.#wakesThisTurn >= this.#wakesPerTurnMax) break;
      this.#woken.delete(woken);
      this.#resolve(woken);
    }
    if (this.#turnIsNoted) this.#clock.defer(this.#nextTurn);
  };

  /** Wakes everybody, for another look. */
  wakeAll(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Wakes everybody, now and from now on. */
  releaseAll(): void {
    this.#isReleased = true;
    for (const wake of this.#waiting) wake();
  }
}
