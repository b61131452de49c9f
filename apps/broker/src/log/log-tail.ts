import type { EventLevel } from '@q/broker';
import { isAtLeast } from './log-levels.ts';

/** One line of the log, as it was written. */
export interface TailLine {
  /** Counts up by one from line to line. */
  readonly number: number;
  readonly timeMs: number;
  readonly level: EventLevel;
  readonly event: string;
  /** The line in JSON, without an end of line. */
  readonly json: string;
}

/** Which lines are wanted. */
export interface TailFilter {
  /** At least as severe as this. */
  readonly level?: EventLevel | undefined;
  /** One event, or all of a subsystem: `group.rebalanced` or `group`. */
  readonly event?: string | undefined;
  /** Said at this time or later. */
  readonly sinceMs?: number | undefined;
  /** Said behind this line. */
  readonly afterNumber?: number | undefined;
}

/**
 * The last lines of the log in memory, for whoever asks.
 *
 * Invariant: no more than `linesMax` lines with `charactersMax` characters together, and the newest always.
 */
export class LogTail {
  readonly #linesMax: number;
  readonly #charactersMax: number;
  #lines: TailLine[] = [];
  /** Where the oldest line is; what is before it is given up in one go. */
  #first = 0;
  #characters = 0;
  #count = 0;
  readonly #listeners = new Set<(line: TailLine) => void>();

  constructor(bounds: { readonly linesMax: number; readonly charactersMax: number }) {
    this.#linesMax = bounds.linesMax;
    this.#charactersMax = bounds.charactersMax;
  }

  /** Lines that were ever said. */
  get count(): number {
    return this.#count;
  }

  push(said: Omit<TailLine, 'number'>): void {
    this.#count += 1;
    const line = { number: this.#count, ...said };
    this.#lines.push(line);
    this.#characters += line.json.length;
    this.#trim();
    for (const listener of this.#listeners) listener(line);
  }

  /** The newest that fit the filter, oldest first, at most `limit`. */
  last(limit: number, filter: TailFilter = {}): TailLine[] {
    const found: TailLine[] = [];
    for (let index = this.#lines.length - 1; index >= this.#first && found.length < limit; index -= 1) {
      const line = this.#lines[index] as TailLine;
      if (fits(line, filter)) found.push(line);
    }
    return found.reverse();
  }

  /**
   * Calls `listener` with each line from now on that fits, in the turn in which it is said. Returns how to stop that.
   */
  follow(listener: (line: TailLine) => void, filter: TailFilter = {}): () => void {
    const heard = (line: TailLine): void => void (fits(line, filter) && listener(line));
    this.#listeners.add(heard);
    return () => void this.#listeners.delete(heard);
  }

  #trim(): void {
    while (
      this.#lines.length - this.#first > 1
      && (this.#lines.length - this.#first > this.#linesMax || this.#characters > this.#charactersMax)
    ) {
      this.#characters -= (this.#lines[this.#first] as TailLine).json.length;
      this.#first += 1;
    }
    if (this.#first <= this.#linesMax) return;
    this.#lines = this.#lines.slice(this.#first);
    this.#first = 0;
  }
}

/** Whether a line is wanted. */
function fits(line: TailLine, { level, event, sinceMs, afterNumber }: TailFilter): boolean {
  if (afterNumber !== undefined && line.number <= afterNumber) return false;
  if (level !== undefined && !isAtLeast(line.level, level)) return false;
  if (event !== undefined && line.event !== event && !line.event.startsWith(`${event}.`)) return false;
  return sinceMs === undefined || line.timeMs >= sinceMs;
}
