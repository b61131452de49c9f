import type { StandardSchemaV1 } from '@standard-schema/spec';
import { QError } from '@q/protocol';

/** One thing that a schema found wrong, in the words of Standard Schema. */
export type SchemaIssue = StandardSchemaV1.Issue;
/** Which half of a record. */
export type RecordPart = 'key' | 'value';

/** What a schema found wrong. It is the `cause` of every `SCHEMA_MISMATCH`. */
export class SchemaIssues extends Error {
  override readonly name = 'SchemaIssues';
  /** The half of the record that does not match. */
  readonly part: RecordPart;
  /** What the schema said of it. */
  readonly issues: readonly SchemaIssue[];

  constructor(part: RecordPart, issues: readonly SchemaIssue[], options?: { cause?: unknown }) {
    super(issues.map(describeIssue).join('; '), options);
    this.part = part;
    this.issues = issues;
  }
}

function describeIssue(issue: SchemaIssue): string {
  const path = (issue.path ?? [])
    .map((segment) => String(typeof segment === 'object' ? segment.key : segment))
    .join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}

/** The `SCHEMA_MISMATCH` of a record, with its place when it came from the log. */
export function schemaMismatch(
  issues: SchemaIssues,
  place: { topic: string; partition?: number; offset?: number },
): QError {
  const at = place.offset === undefined ? '' : ` at partition ${place.partition}, offset ${place.offset}`;
  return new QError(
    'SCHEMA_MISMATCH',
    `The ${issues.part} of a record of topic "${place.topic}"${at} does not match its schema: ${issues.message}`,
    {
      cause: issues,
      details: { ...place, part: issues.part },
    },
  );
}
