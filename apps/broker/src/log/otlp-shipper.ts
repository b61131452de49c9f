import type { LogClock } from './log-clock.ts';
import { logLimits } from './log-limits.ts';
import type { TailLine } from './log-tail.ts';
import { otlpBody } from './otlp-record.ts';

/** What became of one request. Status 0: there was no answer, and `reason` says why. */
export interface Shipped {
  readonly status: number;
  readonly reason: string;
  /** What the collector asks for; null when it does not. */
  readonly retryAfterMs: number | null;
}

/** Sends one request. Does not reject. */
export type Ship = (body: string) => Promise<Shipped>;

export interface OtlpShipperOptions {
  readonly clock: Pick<LogClock, 'monotonic' | 'schedule'>;
  readonly ship: Ship;
  readonly resource: Readonly<Record<string, string | number>>;
  /** The first failure after a success. */
  readonly failed: (reason: string, waiting: number) => void;
  /** The first success after a failure. */
  readonly again: (o: { readonly dropped: number; readonly forMs: number }) => void;
}

/** Answers after which the same may go through later (OTLP/HTTP); 0 is none at all. */
const passing: ReadonlySet<number> = new Set([0, 429, 502, 503, 504]);

/**
 * Sends lines of the log to a collector by OTLP/HTTP, in batches, and again until they are there.
 *
 * Invariants:
 *  1. One request is under way at most, and lines are sent in their order.
 *  2. At most `shipQueueMax` lines wait. Beyond it the oldest goes, and is counted.
 *  3. What the collector refuses for good is dropped and counted; it would be refused again.
 */
export class OtlpShipper {
  readonly #options: OtlpShipperOptions;
  #waiting: TailLine[] = [];
  #dropped = 0;
  #failures = 0;
  #failingSinceMs = 0;
  #timer: { cancel(): void } | null = null;
  #sending: Promise<void> | null = null;
  #isStopped = false;

  constructor(options: OtlpShipperOptions) {
    this.#options = options;
  }

  /** Lines that never reached the collector and never will. */
  get dropped(): number {
    return this.#dropped;
  }

  push(line: TailLine): void {
    if (this.#isStopped) return;
    this.#waiting.push(line);
    if (this.#waiting.length > logLimits.shipQueueMax) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    const isFull = this.#waiting.length >= logLimits.shipBatchMax && this.#failures === 0;
    if (isFull && this.#sending === null) this.#sendNow();
    else this.#schedule(logLimits.shipDelayMs);
  }

  /** Sends what waits, once, and then nothing more. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#sending;
    this.#timer?.cancel();
    if (this.#failures === 0 && this.#waiting.length > 0) await this.#send();
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#dropped += this.#waiting.length;
    this.#waiting = [];
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== null || this.#sending !== null || this.#isStopped) return;
    this.#timer = this.#options.clock.schedule(delayMs, () => this.#sendNow());
  }

  #sendNow(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = null;
      if (this.#waiting.length > 0) this.#schedule(this.#pauseMs());
    });
  }

  #retryAfterMs = 0;

  #pauseMs(): number {
    if (this.#failures === 0) return this.#waiting.length >= logLimits.shipBatchMax ? 0 : logLimits.shipDelayMs;
    const { shipPauseMsMin, shipPauseMsMax } = logLimits;
    const pause = Math.min(shipPauseMsMax, shipPauseMsMin * 2 ** Math.min(this.#failures - 1, 20));
    return Math.min(shipPauseMsMax, Math.max(pause, this.#retryAfterMs));
  }

  async #send(): Promise<void> {
    const batch = this.#waiting.slice(0, logLimits.shipBatchMax);
    if (batch.length === 0) return;
    const { status, reason, retryAfterMs } = await this.#options.ship(otlpBody(batch, this.#options.resource));
    const isTaken = status >= 200 && status < 300;
    if (!passing.has(status)) {
      // By number: the oldest may have gone meanwhile.
      const last = batch.at(-1)!.number;
      this.#waiting = this.#waiting.filter(({ number }) => number > last);
      if (!isTaken) this.#dropped += batch.length;
    }
    this.#retryAfterMs = retryAfterMs ?? 0;
    if (isTaken) this.#succeeded();
    else this.#failed(reason);
  }

  #succeeded(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    const forMs = Math.round(this.#options.clock.monotonic() - this.#failingSinceMs);
    this.#options.again({ dropped: this.#dropped, forMs });
  }

  #failed(reason: string): void {
    this.#failures += 1;
    if (this.#failures > 1) return;
    this.#failingSinceMs = this.#options.clock.monotonic();
    this.#options.failed(reason, this.#waiting.length);
  }
}
