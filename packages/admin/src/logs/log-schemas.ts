import { logEvents } from '@q/broker';
import { z } from 'zod';
import { limits } from '../limits.ts';
import { whole } from '../operation/query.ts';

const levels = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
const thresholds = ['trace', ...levels, 'silent'] as const;

/** The first words of all events. */
const subsystems: readonly string[] = [
  ...new Set(Object.keys(logEvents).map((name) => name.split('.')[0]!)),
].toSorted();
const known: ReadonlySet<string> = new Set([...Object.keys(logEvents), ...subsystems]);

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sinceError = 'a time such as 2026-11-30T10:00:00Z, or how long ago, such as 15m';

/** A time, or null where the text is none. */
export function sinceMs(text: string, nowMs: number): number | null {
  const ago = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  if (ago !== null) return nowMs - Number(ago[1]) * units[ago[2]!]!;
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return null;
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) ? null : timeMs;
}

export const logsQuery = z.strictObject({
  level: z.enum(levels).optional().describe('Only lines that are at least as severe.'),
  event: z
    .string()
    .refine((name) => known.has(name), { error: 'an event of docs/LOGS.md, or the first word of some' })
    .optional()
    .describe('Only this event, such as `group.rebalanced`, or those of a subsystem, such as `group`.'),
  since: z
    .string()
    .refine((text) => sinceMs(text, 0) !== null, { error: sinceError })
    .optional()
    .describe('Only lines said since then: a time, or how long ago, such as `15m`.'),
  limit: whole(1, limits.logLinesMax)
    .optional()
    .describe(`The newest so many; ${limits.logLinesDefault} unless given.`),
});

export const logLine = z
  .looseObject({
    level: z.enum(levels),
    time: z.string().describe('ISO 8601.'),
    event: z.string().describe('What happened: a stable name of docs/LOGS.md.'),
    msg: z.string().describe('The same for people.'),
  })
  .meta({ id: 'LogLine', description: 'A line of the log. Its further fields are those of its event.' });

export const logLines = z.object({ lines: z.array(logLine) }).meta({ id: 'LogLines' });

const threshold = z.enum(thresholds);

export const logLevels = z
  .object({
    level: threshold.describe('The least severe lines that are written.'),
    subsystems: z.record(z.string(), threshold).describe('Subsystems that have a level of their own.'),
  })
  .meta({ id: 'LogLevels' });

export const levelChange = z
  .strictObject({
    level: threshold.nullable().describe('Null, with a subsystem: as the rest of the log.'),
    subsystem: z
      .enum(subsystems as [string, ...string[]])
      .optional()
      .describe('Only lines of events that begin so.'),
  })
  .refine(({ level, subsystem }) => level !== null || subsystem !== undefined, {
    error: `one of ${thresholds.join(', ')}`,
    path: ['level'],
  });
