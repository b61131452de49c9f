import { usageError } from '../command-error.ts';
import { readDuration } from './duration.ts';

/** A point in time as it was written after `@`; relative ones are fixed only when the command runs. */
export type TimeExpression =
  | { readonly kind: 'at'; readonly timestampMs: number }
  | { readonly kind: 'ago'; readonly durationMs: number };

export const timeExpressionHelp =
  '@-1h (also ms, s, m, d, w), @now, @2026-11-22, @2026-11-22T10:30 (local unless it ends in Z or +02:00), or @ and a Unix time in s or ms';

/** @param text without its `@`. Returns `undefined` when it is no time. */
export function readTimeExpression(text: string): TimeExpression | undefined {
  if (text === 'now') return { kind: 'ago', durationMs: 0 };
  if (text.startsWith('-')) {
    const durationMs = readDuration(text.slice(1));
    return durationMs === undefined ? undefined : { kind: 'ago', durationMs };
  }
  const timestampMs = /^\d{1,15}$/.test(text) ? unixTimeMs(text) : calendarTimeMs(text);
  return timestampMs === undefined ? undefined : { kind: 'at', timestampMs };
}

/** A time on its own: `1h`, `1h ago` and `-1h` are an hour ago. @throws CommandError */
export function parseSince(text: string): TimeExpression {
  const durationMs = readDuration(text.replace(/ ago$/, ''));
  const time = durationMs === undefined ? readTimeExpression(text) : ({ kind: 'ago', durationMs } as const);
  if (time !== undefined) return time;
  throw usageError('expected how long ago, such as 1h or 2d, a date such as 2026-11-22, or a time');
}

/** @throws CommandError when it is before 1970: no record has such a timestamp */
export function timestampOf(time: TimeExpression, nowMs: number): number {
  const timestampMs = time.kind === 'at' ? time.timestampMs : Math.round(nowMs - time.durationMs);
  if (timestampMs >= 0) return timestampMs;
  throw usageError('a time before 1970 is before every record; write start instead');
}

/** Whether `one` is certainly later than `other`: of a moment and a time ago only the command can tell. */
export function isLater(one: TimeExpression, other: TimeExpression): boolean {
  if (one.kind === 'at' && other.kind === 'at') return one.timestampMs > other.timestampMs;
  return one.kind === 'ago' && other.kind === 'ago' && one.durationMs < other.durationMs;
}

/**
 * Up to 11 digits are seconds (until the year 5138), more are milliseconds (since 1973): neither is taken for the
 * other.
 */
function unixTimeMs(digits: string): number {
  return digits.length <= 11 ? Number(digits) * 1000 : Number(digits);
}

function calendarTimeMs(text: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:?\d\d)?)?$/.exec(
    text,
  );
  if (match === null) return undefined;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '0', zone = ''] =
    match;
  // A date with a time and no zone is local to `Date.parse`, and one without a time is not: so it always gets a time.
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0')}${zone.replace(/(\d\d):?(\d\d)$/, '$1:$2')}`;
  // `Date` turns the 31st of a short month into the next month; such a day is a mistake here.
  const exists = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  const timestampMs = Date.parse(iso);
  return exists && !Number.isNaN(timestampMs) ? timestampMs : undefined;
}
