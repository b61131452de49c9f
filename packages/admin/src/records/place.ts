/**
 * Places in a partition, written as on the command line: `start`, `end`, an offset, `-10` (the last ten offsets), and
 * times (`@-1h`, `@2026-11-22T10:30:00Z`, `@1700000000123`).
 */
import { z } from 'zod';
import { shownAs } from '../operation/query.ts';

/** A place as it was written. Times ago are fixed when it is looked up. */
export type Place =
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** So many offsets before the end. */
  | { readonly kind: 'last'; readonly count: number }
  | { readonly kind: 'at'; readonly timestampMs: number }
  | { readonly kind: 'ago'; readonly durationMs: number };

const allowed =
  'start, end, an offset, -10 (the last ten), @-1h, @2026-11-22T10:30:00Z, or @ and a Unix time in s or ms';

/** A place in an address or a body. */
export const placeSchema: z.ZodType<Place, string> = z
  .string({ error: allowed })
  .max(100, { error: allowed })
  .transform((text, context) => {
    const place = readPlace(text);
    if (place !== null) return place;
    context.addIssue({ code: 'custom', message: allowed });
    return z.NEVER;
  });
shownAs.add(placeSchema, {
  schema: { type: 'string', maxLength: 100, description: allowed, examples: ['start', '@-1h'] },
});

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

export function readPlace(text: string): Place | null {
  if (text === 'start' || text === 'end') return { kind: text };
  if (/^\d{1,15}$/.test(text)) return { kind: 'offset', offset: Number(text) };
  if (/^-\d{1,15}$/.test(text)) return { kind: 'last', count: Number(text.slice(1)) };
  if (text === '@now') return { kind: 'ago', durationMs: 0 };
  if (text.startsWith('@-')) return timeAgo(text.slice(2));
  return text.startsWith('@') ? timeAt(text.slice(1)) : null;
}

function timeAgo(text: string): Place | null {
  if (!/^(\d{1,9}(ms|[smhdw]))+$/.test(text)) return null;
  let durationMs = 0;
  for (const [, number, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g)) durationMs += Number(number) * unitMs[unit!]!;
  return { kind: 'ago', durationMs };
}

/** Up to 11 digits are seconds, more are ms, as on the command line. A date without a zone is UTC. */
function timeAt(text: string): Place | null {
  if (/^\d{1,15}$/.test(text))
    return { kind: 'at', timestampMs: text.length <= 11 ? Number(text) * 1000 : Number(text) };
  const parts = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (parts === null) return null;
  const [, date, time = '00:00', zone = 'Z'] = parts;
  const timestampMs = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(timestampMs) || timestampMs < 0 ? null : { kind: 'at', timestampMs };
}
