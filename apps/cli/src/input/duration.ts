import { usageError } from '../command-error.ts';

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `90s`, `1d12h`, `500ms`: milliseconds, or `undefined` when the text is something else. */
export function readDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g))
    total += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  return total;
}

/** A time limit above zero in milliseconds; a number without a unit is seconds, as with other tools. */
export function parseTimeout(text: string): number {
  const timeoutMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : readDuration(text);
  // A timer of Node cannot wait longer than 2^31-1 ms.
  if (timeoutMs === undefined || timeoutMs < 1 || timeoutMs > 2_147_483_647) {
    throw usageError('expected a time such as 5s, 500ms or 1m30s, of at most 24 days');
  }
  return Math.round(timeoutMs);
}
