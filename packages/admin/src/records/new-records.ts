/** Records in the body of a request: a JSON object with a list, or one JSON object a line. */
import { limits } from '../limits.ts';
import { Problem } from '../http/problem.ts';
import type { FieldProblem } from '../http/problem.ts';
import { bodyType, readBytes } from '../http/request-body.ts';
import { parsed } from '../operation/parsed-input.ts';
import { newRecord, produceBody } from './record-schemas.ts';
import type { NewRecord } from './record-schemas.ts';

export const recordTypes = ['application/json', 'application/x-ndjson'] as const;

/**
 * All of them, or none: what is wrong with one line is told before a record is sent. `hold` counts the bytes.
 * @throws Problem UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, INVALID_REQUEST. QError of `hold`
 */
export async function readNewRecords(request: Request, hold: (bytes: number) => void): Promise<readonly NewRecord[]> {
  const type = bodyType(request, recordTypes);
  const bytes = await readBytes(request, limits.produceBytesMax, hold);
  const text = textOf(bytes);
  if (type === 'application/json')
    return (parsed(produceBody, jsonOf(text, 'body'), 'body') as { records: NewRecord[] }).records;
  return linesOf(text);
}

function linesOf(text: string): NewRecord[] {
  const records: NewRecord[] = [];
  const problems: FieldProblem[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const field = `body.line ${index + 1}`;
    if (records.length >= limits.produceRecordsMax) throw tooMany(field);
    try {
      records.push(parsed(newRecord, jsonOf(line, field), field) as NewRecord);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.push(...(error.options.errors ?? []));
      if (problems.length >= problemsMax) break;
    }
  }
  const [first] = problems;
  if (first !== undefined) {
    const message = `${first.field} = ${first.value ?? 'nothing'}: ${first.allowed}; no record was sent`;
    throw new Problem('INVALID_REQUEST', message, { errors: problems });
  }
  if (records.length > 0) return records;
  throw new Problem('INVALID_REQUEST', 'the body has no record', {
    errors: [{ field: 'body', value: null, allowed: 'at least one record, each a JSON object in a line' }],
  });
}

const problemsMax = 20;

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem('INVALID_REQUEST', 'the body is not UTF-8', {
      errors: [{ field: 'body', value: null, allowed: 'JSON in UTF-8; bytes that are no text go as Base64' }],
    });
  }
}

function jsonOf(text: string, field: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it cannot be read';
    throw new Problem('INVALID_REQUEST', `${field} is not JSON: ${reason}`, {
      errors: [{ field, value: text.slice(0, 200), allowed: 'JSON' }],
    });
  }
}

function tooMany(field: string): Problem {
  return new Problem('BODY_TOO_LARGE', `one request has at most ${limits.produceRecordsMax} records`, {
    errors: [{ field, value: null, allowed: `at most ${limits.produceRecordsMax} records` }],
  });
}
