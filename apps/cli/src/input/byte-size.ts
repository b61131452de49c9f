import { usageError } from '../command-error.ts';

const units: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** `1000`, `1KB` (a thousand) or `1KiB` (1,024): bytes, within the range. */
export function parseByteSize(text: string, range: { min: number; max: number }): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text) ?? [];
  const bytes = Math.round(Number(amount === '' ? Number.NaN : amount) * (units[unit.toLowerCase()] ?? Number.NaN));
  if (bytes >= range.min && bytes <= range.max) return bytes;
  throw usageError(`expected a size from ${range.min} to ${range.max} bytes, such as 100, 1KB or 1KiB`);
}
