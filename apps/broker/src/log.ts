import { createRequire } from 'node:module';
import type { BrokerLogger } from '@q/broker';
import type { Logger, pino as Pino } from 'pino';
import { formatLogLine } from './log-line.ts';
import type { LogLevel, Settings } from './settings.ts';

export type LogFormat = 'text' | 'json';

export function chooseLogFormat(chosen: Settings['logFormat'], isTerminal: boolean): LogFormat {
  if (chosen !== 'auto') return chosen;
  return isTerminal ? 'text' : 'json';
}

type LineLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

interface EarlyLine {
  readonly level: LineLevel;
  readonly fields: object;
  readonly message: string;
  readonly timeMs: number;
}

/** Characters that wait while standard output takes none; beyond it lines are dropped. */
const unwrittenMax = 1 << 20;

/**
 * The program's log: pino, loaded when there is time for it. Loading takes 15 ms, a tenth of the time to start, so what
 * is said before the broker is ready waits, each line with its own time.
 *
 * Invariant: lines are written in the order in which they were said. Anything from a warning up opens the log at once,
 * so no such line is ever lost with the process.
 */
export class ProgramLog implements BrokerLogger {
  readonly #format: LogFormat;
  #level: LogLevel;
  #logger: Logger | null = null;
  #early: EarlyLine[] = [];
  /** When the line that is being written was said; `null` is now. */
  #saidMs: number | null = null;

  constructor(options: { readonly level: LogLevel; readonly format: LogFormat }) {
    this.#format = options.format;
    this.#level = options.level;
  }

  debug(fields: object, message: string): void {
    this.#write('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#write('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#write('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#write('error', fields, message);
  }

  fatal(fields: object, message: string): void {
    this.#write('fatal', fields, message);
  }

  /** Less severe lines are not written from now on, those included that wait. */
  setLevel(level: LogLevel): void {
    this.#level = level;
    if (this.#logger !== null) this.#logger.level = level;
  }

  /** Writes what has waited, and from now on each line as it is said. */
  open(): Logger {
    if (this.#logger !== null) return this.#logger;
    const logger = this.#createLogger();
    this.#logger = logger;
    for (const line of this.#early) {
      this.#saidMs = line.timeMs;
      logger[line.level](line.fields, line.message);
    }
    this.#early = [];
    this.#saidMs = null;
    return logger;
  }

  #write(level: LineLevel, fields: object, message: string): void {
    const isUrgent = level !== 'debug' && level !== 'info';
    if (this.#logger !== null || isUrgent) this.open()[level](fields, message);
    else this.#early.push({ level, fields, message, timeMs: Date.now() });
  }

  #createLogger(): Logger {
    // `require`, because a line about a fault cannot wait for an asynchronous import.
    const { pino } = createRequire(import.meta.url)('pino') as { pino: typeof Pino };
    const settings = {
      level: this.#level,
      base: { pid: process.pid },
      // ISO and not a number: the first thing that anybody does with a log line is to read its time.
      timestamp: () => `,"time":"${new Date(this.#saidMs ?? Date.now()).toISOString()}"`,
    };
    // Lines go out at once, so that the last one before a crash is there to be read. What cannot be written waits, up
    // to a bound.
    const destination = pino.destination({ fd: 1, sync: true, maxLength: unwrittenMax });
    // Whoever read the log has gone away (a closed pipe, a closed terminal). That is no reason to stop serving.
    destination.on('error', () => undefined);
    if (this.#format === 'text')
      return pino(settings, { write: (line: string) => void destination.write(formatLogLine(line)) });
    return pino({ ...settings, formatters: { level: (label) => ({ level: label }) } }, destination);
  }
}
