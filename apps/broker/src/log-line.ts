import { styleText } from './node-util.ts';

/** What pino hands over for one line, of which only these keys are known. */
interface LogRecord {
  readonly level: string;
  readonly time: string;
  readonly msg?: string;
  readonly event?: string;
  readonly err?: ToldError;
  readonly [field: string]: unknown;
}

interface ToldError {
  readonly message?: string;
  readonly stack?: string;
  readonly code?: string;
  readonly cause?: ToldError;
}

const hidden = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'event', 'err']);

/** Turns a line of JSON into the short form for a terminal: `12:04:31 info  a topic was made topic.created topic=a`. */
export function formatLogLine(json: string): string {
  const record = JSON.parse(json) as LogRecord;
  const fields = Object.entries(record)
    .filter(([name, value]) => !hidden.has(name) && value !== null)
    .map(([name, value]) => styleText('dim', `${name}=${fieldText(value)}`));
  // The clock on the wall of whoever reads the terminal, not UTC.
  const time = styleText('dim', new Date(record.time).toTimeString().slice(0, 8));
  const event = record.event === undefined ? '' : styleText('dim', record.event);
  const words = [time, levelName(record.level), record.msg ?? '', event, ...fields];
  return `${words.filter((word) => word !== '').join(' ')}${errorText(record.err)}\n`;
}

/** The stack of an error, and what it came from. */
function errorText(err: ToldError | undefined): string {
  if (err === undefined) return '';
  const lines = [err.stack ?? err.message ?? ''];
  for (let { cause } = err; cause !== undefined; { cause } = cause)
    lines.push(`caused by: ${cause.code === undefined ? '' : `${cause.code} `}${cause.message ?? ''}`);
  return `\n  ${visible(lines.join('\n')).replaceAll('\n', '\n  ')}`;
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const quoted = /[\s"\p{Cc}]/u.test(text) && typeof value === 'string' ? JSON.stringify(text) : text;
  return visible(quoted);
}

/** Clients have written some of it, and what a terminal obeys may be among it. JSON leaves DEL and C1 as they are. */
function visible(text: string): string {
  return text.replaceAll(/(?!\n)\p{Cc}/gu, (character) => {
    return `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`;
  });
}

function levelName(level: string): string {
  switch (level) {
    case 'fatal':
    case 'error':
      return styleText('red', level);
    case 'warn':
      return styleText('yellow', 'warn ');
    case 'info':
      return styleText('green', 'info ');
    default:
      return level;
  }
}
