import type { z } from 'zod';
import { allowedWords } from './allowed-words.ts';
import { Problem } from '../http/problem.ts';
import type { FieldProblem } from '../http/problem.ts';

/** Fields that are told of; a body can have any number of wrong ones. */
const fieldsMax = 20;
const shownCharactersMax = 200;

/**
 * What a schema makes of a part of a request. Of one with secrets no value is shown, and no name that is not the
 * schema's. @throws Problem INVALID_REQUEST, with every field that is wrong
 */
export function parsed(
  schema: z.ZodType,
  given: unknown,
  part: string,
  { hasSecrets = false }: { readonly hasSecrets?: boolean } = {},
): unknown {
  const result = schema.safeParse(given, { error: allowedWords });
  if (result.success) return result.data;
  const errors = result.error.issues
    .slice(0, fieldsMax)
    .map((issue) => (hasSecrets ? hiddenProblem(issue, part) : fieldProblem(issue, given, part)));
  const [first] = errors;
  const more = result.error.issues.length > 1 ? `; ${result.error.issues.length - 1} more` : '';
  const value = hasSecrets ? '' : ` = ${first!.value ?? 'nothing'}`;
  throw new Problem('INVALID_REQUEST', `${first!.field}${value}: ${first!.allowed}${more}`, {
    errors,
  });
}

function hiddenProblem(issue: z.core.$ZodIssue, part: string): FieldProblem {
  return { field: [part, ...issue.path.map(String)].join('.'), value: null, allowed: issue.message };
}

function fieldProblem(issue: z.core.$ZodIssue, given: unknown, part: string): FieldProblem {
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
  return {
    field: [part, ...path.map(String)].join('.'),
    value: shown(valueAt(given, path)),
    allowed: issue.message,
  };
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    given,
  );
}

function shown(value: unknown): string | null {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? typeof value);
  return text.length > shownCharactersMax ? `${text.slice(0, shownCharactersMax)}…` : text;
}
