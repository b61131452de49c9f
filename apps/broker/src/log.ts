import { createRequire } from 'node:module';
import type { BrokerLogger, EventLevel, LogLine } from '@q/broker';
import type { Logger, pino as Pino } from 'pino';
import { cut, errorFields } from './log/error-fields.ts';
import { FloodLimiter } from './log/flood-limiter.ts';
import type { LeftOut } from './log/flood-limiter.ts';
import type { LogClock } from './log/log-clock.ts';
import { LogLevels } from './log/log-levels.ts';
import type { LogThreshold } from './log/log-levels.ts';
import { logLimits } from './log/log-limits.ts';
import { LogTail } from './log/log-tail.ts';
import { nodeLogClock } from './log/node-log-clock.ts';
import { Redaction } from './log/redaction.ts';
import { formatLogLine } from './log-line.ts';
import type { Settings } from './settings.ts';

export type LogFormat = 'text' | 'json';

export function chooseLogFormat(chosen: Settings['logFormat'], isTerminal: boolean): LogFormat {
  if (chosen !== 'auto') return chosen;
  return isTerminal ? 'text' : 'json';
}

/** A line of any event. */
type AnyLine = { readonly event: string } & object;

interface SaidLine {
  readonly level: EventLevel;
  readonly line: AnyLine;
  readonly message: string;
  readonly timeMs: number;
}

export interface ProgramLogOptions {
  readonly level: LogThreshold;
  readonly format: LogFormat;
  /** Levels of single subsystems. */
  readonly subsystems?: ReadonlyMap<string, LogThreshold>;
  /** Values that never stand in a line. */
  readonly secrets?: Iterable<string>;
  readonly clock?: LogClock;
}

/**
 * The program's log: pino, loaded when there is time for it. Loading takes 15 ms, a tenth of the time to start, so what
 * is said before the broker is ready waits, each line with its own time.
 *
 * Invariant: lines are written in the order in which they were said. Anything from a warning up opens the log at once,
 * so no such line is ever lost with the process.
 */
export class ProgramLog implements BrokerLogger {
  readonly levels: LogLevels;
  /** The last lines, as they were written. */
  readonly tail: LogTail = new LogTail({
    linesMax: logLimits.tailLinesMax,
    charactersMax: logLimits.tailCharactersMax,
  });
  readonly redaction: Redaction = new Redaction();
  /** Called when lines were left out. */
  onLeftOut: (leftOut: LeftOut) => void = () => undefined;
  readonly #format: LogFormat;
  readonly #clock: LogClock;
  readonly #floods: FloodLimiter;
  #logger: Logger | null = null;
  #early: SaidLine[] = [];
  /** What is being written. */
  #saying: SaidLine | null = null;

  constructor(options: ProgramLogOptions) {
    this.levels = new LogLevels(options.level, options.subsystems);
    this.#format = options.format;
    this.#clock = options.clock ?? nodeLogClock;
    if (options.secrets !== undefined) this.redaction.setSecrets(options.secrets);
    const { floodWindowMs: windowMs, floodLinesMax: linesMax, floodEventsMax: eventsMax } = logLimits;
    const report = (leftOut: LeftOut): void => this.#tellLeftOut(leftOut);
    this.#floods = new FloodLimiter({ clock: this.#clock, windowMs, linesMax, eventsMax, report });
  }

  debug(line: LogLine<'debug'>, message: string): void {
    this.#say('debug', line, message);
  }

  info(line: LogLine<'info'>, message: string): void {
    this.#say('info', line, message);
  }

  warn(line: LogLine<'warn'>, message: string): void {
    this.#say('warn', line, message);
  }

  error(line: LogLine<'error'>, message: string): void {
    this.#say('error', line, message);
  }

  fatal(line: LogLine<'fatal'>, message: string): void {
    this.#say('fatal', line, message);
  }

  /** Less severe lines are not written from now on, those included that wait. */
  setLevel(level: LogThreshold): void {
    this.levels.setLevel(level);
    this.#early = this.#early.filter((said) => this.levels.allows(said.level, said.line.event));
  }

  /** Writes what has waited, and from now on each line as it is said. */
  open(): void {
    if (this.#logger !== null) return;
    this.#logger = this.#createLogger();
    for (const said of this.#early) this.#write(this.#logger, said);
    this.#early = [];
  }

  #say(level: EventLevel, line: AnyLine, message: string): void {
    if (!this.levels.allows(level, line.event) || !this.#floods.admits(level, line.event)) return;
    this.#keepOrWrite({ level, line, message, timeMs: this.#clock.now() });
  }

  #tellLeftOut({ event: leftOut, count, forMs }: LeftOut): void {
    this.onLeftOut({ event: leftOut, count, forMs });
    const line: LogLine<'warn'> = { event: 'log.lines_left_out', leftOut, count, forMs };
    const message = `${count} lines of ${leftOut} were left out`;
    if (this.levels.allows('warn', line.event))
      this.#keepOrWrite({ level: 'warn', line, message, timeMs: this.#clock.now() });
  }

  #keepOrWrite(said: SaidLine): void {
    const isUrgent = said.level !== 'debug' && said.level !== 'info';
    if (isUrgent) this.open();
    if (this.#logger !== null) this.#write(this.#logger, said);
    else this.#early.push(said);
  }

  #write(logger: Logger, said: SaidLine): void {
    this.#saying = said;
    logger[said.level](this.redaction.fields(bounded(said.line)), cut(said.message));
    this.#saying = null;
  }

  #written(raw: string, write: (line: string) => void): void {
    const line = this.redaction.line(raw);
    if (this.#saying !== null) {
      const { level, line: said, timeMs } = this.#saying;
      this.tail.push({ timeMs, level, event: said.event, json: line.trimEnd() });
    }
    write(this.#format === 'text' ? formatLogLine(line) : line);
  }

  #createLogger(): Logger {
    // `require`, because a line about a fault cannot wait for an asynchronous import.
    const { pino } = createRequire(import.meta.url)('pino') as { pino: typeof Pino };
    // Lines go out at once, so that the last one before a crash is there to be read. What cannot be written waits, up
    // to a bound.
    const destination = pino.destination({ fd: 1, sync: true, maxLength: logLimits.unwrittenMax });
    // Whoever read the log has gone away (a closed pipe, a closed terminal). That is no reason to stop serving.
    destination.on('error', () => undefined);
    const write = (line: string): void => void destination.write(line);
    const settings = {
      // Which lines are written is decided before they come here.
      level: 'trace',
      base: { pid: process.pid },
      formatters: { level: (label: string) => ({ level: label }) },
      serializers: { err: errorFields },
      // ISO and not a number: the first thing that anybody does with a log line is to read its time.
      timestamp: () => `,"time":"${new Date(this.#saying?.timeMs ?? this.#clock.now()).toISOString()}"`,
    };
    return pino(settings, { write: (line: string) => this.#written(line, write) });
  }
}

/** Clients have written some of it, and may have written much. */
function bounded(line: AnyLine): object {
  const { textCharactersMax, textsMax } = logLimits;
  const isLong = (value: unknown): boolean =>
    typeof value === 'string' ? value.length > textCharactersMax : Array.isArray(value);
  if (!Object.values(line).some(isLong)) return line;
  const fit = (value: unknown): unknown => {
    if (typeof value === 'string') return cut(value);
    return Array.isArray(value) ? value.slice(0, textsMax).map(fit) : value;
  };
  return Object.fromEntries(Object.entries(line).map(([name, value]) => [name, fit(value)]));
}

/** Lines that were left out, as the broker tells of them among its alerts. */
export function droppedFinding({ event, count, forMs }: LeftOut): {
  readonly reason: string;
  readonly figures: Readonly<Record<string, number | string>>;
} {
  return { reason: `lines of ${event} were left out: ${count}`, figures: { event, lines: count, forMs } };
}
