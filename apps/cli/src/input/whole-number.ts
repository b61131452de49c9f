import { usageError } from '../command-error.ts';

/** @param range both ends are allowed */
export function parseWholeNumber(text: string, range: { min: number; max: number }): number {
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  const allowed =
    range.max === Number.MAX_SAFE_INTEGER ? `of at least ${range.min}` : `from ${range.min} to ${range.max}`;
  throw usageError(`expected a whole number ${allowed}`);
}
