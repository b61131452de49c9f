import { pino } from 'pino';
import type { Logger } from 'pino';
import { formatLogLine } from './log-line.ts';
import type { LogLevel, Settings } from './settings.ts';

export type LogFormat = 'text' | 'json';

export function chooseLogFormat(chosen: Settings['logFormat'], isTerminal: boolean): LogFormat {
  if (chosen !== 'auto') return chosen;
  return isTerminal ? 'text' : 'json';
}

/** Lines go to standard output at once, so that the last line before a crash is there to be read. */
export function openLog(options: { level: LogLevel; format: LogFormat }): Logger {
  const settings = {
    level: options.level,
    base: { pid: process.pid },
    // ISO and not a number: the first thing that anybody does with a log line is to read its time.
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  if (options.format === 'text') return pino(settings, { write: (line) => void process.stdout.write(formatLogLine(line)) });
  const destination = pino.destination({ fd: 1, sync: true });
  // Whoever read the log has gone away (a closed pipe). That is no reason to stop serving.
  destination.on('error', () => undefined);
  return pino({ ...settings, formatters: { level: (label) => ({ level: label }) } }, destination);
}
