import type { EventLevel } from '@q/broker';

/** The least severe lines that are written. */
export type LogThreshold = 'trace' | EventLevel | 'silent';

const severity: Readonly<Record<LogThreshold, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Infinity,
};

/**
 * Levels of subsystems at the start: a log that is told to be short still has the audit trail, whose own switch is the
 * setting `audit`. Only one that is to be silent has not.
 */
export function subsystemsAtStart(level: LogThreshold): ReadonlyMap<string, LogThreshold> {
  return new Map(level === 'silent' ? [] : [['audit', 'info']]);
}

/**
 * Which lines are written: one level for all of the log, and others for single subsystems. A subsystem is the first
 * word of an event: `group` of `group.rebalanced`. Both may change at any time.
 */
export class LogLevels {
  #level: LogThreshold;
  #subsystems: ReadonlyMap<string, LogThreshold>;

  constructor(level: LogThreshold, subsystems: ReadonlyMap<string, LogThreshold> = new Map()) {
    this.#level = level;
    this.#subsystems = subsystems;
  }

  get level(): LogThreshold {
    return this.#level;
  }

  get subsystems(): ReadonlyMap<string, LogThreshold> {
    return this.#subsystems;
  }

  /** Of all subsystems that have no level of their own. */
  setLevel(level: LogThreshold): void {
    this.#level = level;
  }

  /** Null: as the rest of the log. */
  setSubsystem(subsystem: string, level: LogThreshold | null): void {
    const subsystems = new Map(this.#subsystems);
    if (level === null) subsystems.delete(subsystem);
    else subsystems.set(subsystem, level);
    this.#subsystems = subsystems;
  }

  setAll(level: LogThreshold, subsystems: ReadonlyMap<string, LogThreshold>): void {
    this.#level = level;
    this.#subsystems = subsystems;
  }

  allows(level: EventLevel, event: string): boolean {
    return severity[level] >= severity[this.#subsystems.get(subsystemOf(event)) ?? this.#level];
  }
}

/** The first word of an event. */
export function subsystemOf(event: string): string {
  const end = event.indexOf('.');
  return end < 0 ? event : event.slice(0, end);
}

/** Whether lines of `level` are at least as severe as `least`. */
export function isAtLeast(level: LogThreshold, least: LogThreshold): boolean {
  return severity[level] >= severity[least];
}
