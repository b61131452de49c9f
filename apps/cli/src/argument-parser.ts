import { InvalidArgumentError } from 'commander';
import { CommandError } from './command-error.ts';

/**
 * Adapts our parsers to commander, which then says which option was wrong. Our parsers know nothing of commander, so
 * that they can be used and tested without it.
 *
 * @param parse gets the value of an earlier use of a repeatable option
 */
export function argumentParser<T>(
  parse: (text: string, earlier?: T) => T,
): (text: string, earlier: T | undefined) => T {
  return (text, earlier) => {
    try {
      return parse(text, earlier);
    } catch (error) {
      if (error instanceof CommandError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}
