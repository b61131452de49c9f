import { usageError } from '../command-error.ts';

/** `10` or `+10` forward, `-10` back. */
export function parseShift(text: string): number {
  if (!/^[+-]?\d{1,15}$/.test(text)) throw usageError('expected a number of records such as 10 or -10');
  return Number(text);
}
