import { styleText } from './node-util.ts';

/** What pino hands over for one line, of which only these keys are known. */
interface LogRecord {
  readonly level: number;
  readonly time: string;
  readonly msg?: string;
  readonly err?: { readonly message?: string; readonly stack?: string };
  readonly [field: string]: unknown;
}

const hidden = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'err']);

/** Turns a JSON log line into the short form for a terminal: `12:04:31 warn  log rolled topic=orders`. */
export function formatLogLine(json: string): string {
  const record = JSON.parse(json) as LogRecord;
  const fields = Object.entries(record)
    .filter(([name]) => !hidden.has(name))
    .map(([name, value]) => styleText('dim', `${name}=${fieldText(value)}`));
  // The clock on the wall of whoever reads the terminal, not UTC.
  const time = styleText('dim', new Date(record.time).toTimeString().slice(0, 8));
  const words = [time, levelName(record.level), record.msg ?? '', ...fields];
  const stack =
    record.err === undefined ? '' : `\n  ${(record.err.stack ?? record.err.message ?? '').replaceAll('\n', '\n  ')}`;
  return `${words.filter((word) => word !== '').join(' ')}${stack}\n`;
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const quoted = /[\s"\p{Cc}]/u.test(text) && typeof value === 'string' ? JSON.stringify(text) : text;
  // Clients have written some of it, and what a terminal obeys may be among it. JSON leaves DEL and C1 as they are.
  return quoted.replaceAll(/\p{Cc}/gu, (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}

function levelName(level: number): string {
  if (level >= 60) return styleText('red', 'fatal');
  if (level >= 50) return styleText('red', 'error');
  if (level >= 40) return styleText('yellow', 'warn ');
  if (level >= 30) return styleText('green', 'info ');
  return level >= 20 ? 'debug' : 'trace';
}
