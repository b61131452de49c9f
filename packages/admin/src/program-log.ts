/** The log of the program that the broker runs in, as far as the admin interface shows and steers it. */
import type { EventLevel } from '@q/broker';

/** One line, as it was written. */
export interface LogTailLine {
  /** Counts up by one from line to line. */
  readonly number: number;
  readonly timeMs: number;
  readonly level: EventLevel;
  readonly event: string;
  /** The line in JSON, without an end of line. */
  readonly json: string;
}

/** Which lines are wanted. */
export interface LogTailFilter {
  /** At least as severe as this. */
  readonly level?: EventLevel | undefined;
  /** One event, or all of a subsystem: `group.rebalanced` or `group`. */
  readonly event?: string | undefined;
  /** Said at this time or later. */
  readonly sinceMs?: number | undefined;
  /** Said behind this line. */
  readonly afterNumber?: number | undefined;
}

export type LogThreshold = 'trace' | EventLevel | 'silent';

/** Give it to `adminExtension`: without it there are no lines to show. */
export interface ProgramLog {
  /** The last lines, which are in memory. */
  readonly tail: {
    /** The newest that fit, oldest first. */
    last(limit: number, filter: LogTailFilter): readonly LogTailLine[];
    /** Calls `listener` with each line from now on that fits. Returns how to stop that. */
    follow(listener: (line: LogTailLine) => void, filter: LogTailFilter): () => void;
  };
  /** Which lines are written from now on. */
  readonly levels: {
    readonly level: LogThreshold;
    readonly subsystems: ReadonlyMap<string, LogThreshold>;
    /** Of all subsystems that have none of their own. */
    setLevel(level: LogThreshold): void;
    /** Null: as the rest of the log. */
    setSubsystem(subsystem: string, level: LogThreshold | null): void;
  };
}
