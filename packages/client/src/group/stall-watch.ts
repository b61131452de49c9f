import type { Clock, Timer } from '../clock.ts';
import { clientLimits } from '../limits.ts';
import type { ResumedEvent, StalledEvent } from './group-events.ts';

export interface StallWatchOptions {
  readonly clock: Clock;
  readonly stallTimeoutMs: number;
  /** Rises with everything that the application takes or acknowledges. */
  readonly progress: () => number;
  /** Records are buffered or handed out: the application could make progress. */
  readonly isWorkWaiting: () => boolean;
  readonly describe: () => Pick<StalledEvent, 'unacked' | 'oldest'>;
  readonly onStalled: (event: StalledEvent) => void;
  readonly onResumed: (event: ResumedEvent) => void;
}

/**
 * Notices that the application makes no progress although there is something to do. A count is compared every so often,
 * so that a message costs an addition and no look at the clock.
 *
 * Invariants
 * - A stall is told once, and so is its end.
 * - `stalledMs` is 0 unless a stall was told: short pauses are nobody's business.
 */
export class StallWatch {
  readonly #o: StallWatchOptions;
  readonly #checkMs: number;
  #timer: Timer | null = null;
  #checkedAtMs = 0;
  #progressAtMs = 0;
  #progress = 0;
  #isStalled = false;

  constructor(o: StallWatchOptions) {
    this.#o = o;
    this.#checkMs = Math.max(1, Math.min(clientLimits.stallCheckMs, Math.floor(o.stallTimeoutMs / 4)));
  }

  get stalledMs(): number {
    return this.#isStalled ? Math.round(this.#o.clock.monotonic() - this.#progressAtMs) : 0;
  }

  start(): void {
    this.#checkedAtMs = this.#o.clock.monotonic();
    this.#progressed(this.#checkedAtMs);
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#isStalled = false;
  }

  #schedule(): void {
    this.#timer = this.#o.clock.schedule(this.#checkMs, () => {
      this.#schedule();
      this.#check();
    });
  }

  #check(): void {
    const nowMs = this.#o.clock.monotonic();
    const overdueMs = nowMs - this.#checkedAtMs - this.#checkMs;
    this.#checkedAtMs = nowMs;
    const hasProgressed = this.#o.progress() !== this.#progress || !this.#o.isWorkWaiting();
    if (overdueMs >= this.#o.stallTimeoutMs) return this.#wasBlocked(nowMs, overdueMs);
    if (hasProgressed) return this.#progressed(nowMs);
    const sinceMs = nowMs - this.#progressAtMs;
    if (this.#isStalled || sinceMs < this.#o.stallTimeoutMs) return;
    this.#isStalled = true;
    this.#o.onStalled({ reason: 'no-progress', sinceMs: Math.round(sinceMs), ...this.#o.describe() });
  }

  /** Not even this timer could run; that it does means that the block is over. */
  #wasBlocked(nowMs: number, blockedMs: number): void {
    if (!this.#isStalled) {
      this.#isStalled = true;
      this.#progressAtMs = nowMs - blockedMs;
      this.#o.onStalled({ reason: 'event-loop', sinceMs: Math.round(blockedMs), ...this.#o.describe() });
    }
    this.#progressed(nowMs);
  }

  #progressed(nowMs: number): void {
    const afterMs = Math.round(nowMs - this.#progressAtMs);
    this.#progress = this.#o.progress();
    this.#progressAtMs = nowMs;
    if (!this.#isStalled) return;
    this.#isStalled = false;
    this.#o.onResumed({ afterMs });
  }
}
