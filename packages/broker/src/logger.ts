import type { LogLine } from './log-events/log-events.ts';

/**
 * Where the broker says what an operator should know, one line an event. A pino logger fits. What it may say is in the
 * table of events: an unknown event, another level or another field is an error of the type checker.
 */
export interface BrokerLogger {
  /** What helps to follow one request. `line` is for machines, here and below, and `message` for people. */
  debug(line: LogLine<'debug'>, message: string): void;
  /** What happens in the life of a broker: start, topics, groups, stop. */
  info(line: LogLine<'info'>, message: string): void;
  /** What an operator should look at, while the broker goes on. */
  warn(line: LogLine<'warn'>, message: string): void;
  /** What has failed. */
  error(line: LogLine<'error'>, message: string): void;
}

/** The default: a library does not print unless asked to. */
export const silentLogger: BrokerLogger = { debug() {}, info() {}, warn() {}, error() {} };
