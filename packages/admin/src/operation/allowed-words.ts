/** What may stand in a field, in plain words, for what zod says of it. Schemas with words of their own keep them. */
import type { z } from 'zod';

export function allowedWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return kinds[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return 'no such name: leave it out';
    case 'too_small':
      return sized(issue.origin, 'at least', issue.minimum);
    case 'too_big':
      return sized(issue.origin, 'at most', issue.maximum);
    case 'invalid_format':
      return issue.pattern === undefined
        ? `a text of the format ${issue.format}`
        : `a text that matches ${issue.pattern}`;
    default:
      return undefined;
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

function sized(origin: string, bound: string, number: number | bigint): string {
  switch (origin) {
    case 'string':
      return `a text of ${bound} ${number} characters`;
    case 'array':
    case 'set':
      return `a list of ${bound} ${number} entries`;
    default:
      return `a number of ${bound} ${number}`;
  }
}
