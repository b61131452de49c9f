import type { EventLevel } from '@q/broker';
import type { LogClock } from './log-clock.ts';

/** Lines of one event that were left out. */
export interface LeftOut {
  readonly event: string;
  readonly count: number;
  /** From the first of them to now. */
  readonly forMs: number;
}

interface Window {
  begunMs: number;
  lines: number;
  leftOut: number;
  leftOutSinceMs: number;
  timer: { cancel(): void } | null;
}

export interface FloodLimiterOptions {
  readonly clock: Pick<LogClock, 'monotonic' | 'schedule'>;
  readonly windowMs: number;
  readonly linesMax: Readonly<Record<Exclude<EventLevel, 'fatal'>, number>>;
  readonly eventsMax: number;
  /** Told once a window at most, for each event. */
  readonly report: (leftOut: LeftOut) => void;
}

/**
 * Keeps one event from filling the log: so many lines of it in a time, and then a count of the others.
 *
 * Invariants:
 *  1. Each event is counted apart: a flood of one never takes a line of another.
 *  2. What is left out is told when its time is over, whether or not anything is said then.
 *  3. `fatal` is never left out, nor what the broker bounds itself: refusals and changes of the audit trail.
 */
export class FloodLimiter {
  readonly #options: FloodLimiterOptions;
  readonly #windows = new Map<string, Window>();

  constructor(options: FloodLimiterOptions) {
    this.#options = options;
  }

  /** Whether this line may be written. */
  admits(level: EventLevel, event: string): boolean {
    if (level === 'fatal' || isBounded(event)) return true;
    const { clock, windowMs, linesMax } = this.#options;
    const nowMs = clock.monotonic();
    const name = this.#nameFor(event);
    const window = this.#windowOf(name, nowMs);
    if (nowMs - window.begunMs >= windowMs) this.#begin(name, window, nowMs);
    if (window.lines < linesMax[level]) {
      window.lines += 1;
      return true;
    }
    if (window.leftOut === 0) {
      window.leftOutSinceMs = nowMs;
      window.timer = clock.schedule(window.begunMs + windowMs - nowMs, () => this.#end(name, window));
    }
    window.leftOut += 1;
    return false;
  }

  #nameFor(event: string): string {
    if (this.#windows.has(event) || this.#windows.size < this.#options.eventsMax) return event;
    return 'others';
  }

  #windowOf(name: string, nowMs: number): Window {
    let window = this.#windows.get(name);
    if (window === undefined) {
      window = { begunMs: nowMs, lines: 0, leftOut: 0, leftOutSinceMs: 0, timer: null };
      this.#windows.set(name, window);
    }
    return window;
  }

  #begin(name: string, window: Window, nowMs: number): void {
    this.#end(name, window);
    window.begunMs = nowMs;
    window.lines = 0;
  }

  #end(event: string, window: Window): void {
    const { leftOut: count, leftOutSinceMs } = window;
    if (count === 0) return;
    window.leftOut = 0;
    window.timer?.cancel();
    this.#options.report({ event, count, forMs: Math.round(this.#options.clock.monotonic() - leftOutSinceMs) });
  }
}

/** Successful logins may be as many as connections. */
function isBounded(event: string): boolean {
  return event.startsWith('audit.') && event !== 'audit.login_done';
}
