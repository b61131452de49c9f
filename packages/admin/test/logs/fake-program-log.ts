import type { LogTailFilter, LogTailLine, LogThreshold, ProgramLog } from '../../src/index.ts';

/** A log whose lines a test says. */
export class FakeProgramLog implements ProgramLog {
  readonly lines: LogTailLine[] = [];
  readonly asked: LogTailFilter[] = [];
  readonly #listeners = new Set<(line: LogTailLine) => void>();
  readonly tail: ProgramLog['tail'] = {
    last: (limit, filter) => {
      this.asked.push(filter);
      const { afterNumber = 0 } = filter;
      return this.lines.filter(({ number }) => number > afterNumber).slice(-limit);
    },
    follow: (listener) => {
      this.#listeners.add(listener);
      return () => void this.#listeners.delete(listener);
    },
  };
  readonly levels: ProgramLog['levels'] & { level: LogThreshold; subsystems: Map<string, LogThreshold> } = {
    level: 'info',
    subsystems: new Map(),
    setLevel: (level) => void (this.levels.level = level),
    setSubsystem: (subsystem, level) => {
      if (level === null) this.levels.subsystems.delete(subsystem);
      else this.levels.subsystems.set(subsystem, level);
    },
  };

  get followers(): number {
    return this.#listeners.size;
  }

  say(event: string, fields: object = {}): void {
    const number = this.lines.length + 1;
    const timeMs = Date.UTC(2026, 10, 30) + number;
    const json = JSON.stringify({ level: 'info', time: new Date(timeMs).toISOString(), event, msg: event, ...fields });
    const line: LogTailLine = { number, timeMs, level: 'info', event, json };
    this.lines.push(line);
    for (const listener of this.#listeners) listener(line);
  }
}
