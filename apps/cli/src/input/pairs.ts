import { usageError } from '../command-error.ts';

/** `name=value`; only the first `=` separates, so values may contain more of them. */
export interface Pair {
  readonly name: string;
  readonly value: string;
}

/**
 * Adds a pair to those of earlier flags. A name that is given twice is a mistake: only one of its values could count.
 */
export function parsePair(text: string, earlier: readonly Pair[] = []): Pair[] {
  const equals = text.indexOf('=');
  const name = text.slice(0, equals).trim();
  if (equals < 0 || name === '') throw usageError('expected name=value');
  if (earlier.some((pair) => pair.name === name)) throw usageError(`${name} is given twice`);
  return [...earlier, { name, value: text.slice(equals + 1) }];
}
