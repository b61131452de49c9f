/** Records in the body of a request: a JSON object with a list, or one JSON object a line. */
import type { Clock } from '@q/broker';
import { limits } from '../limits.ts';
import { Problem } from '../http/problem.ts';
import type { FieldProblem } from '../http/problem.ts';
import { bodyType, readBytes } from '../http/request-body.ts';
import { parsed } from '../operation/parsed-input.ts';
import { newRecord, produceBody } from './record-schemas.ts';
import type { NewRecord } from './record-schemas.ts';

export const recordTypes = ['application/json', 'application/x-ndjson'] as const;

/**
 * All of them, or none: what is wrong with one line is told before a record is sent. `hold` counts the bytes. Lines may
 * be many, because others have their turn between them; a JSON object is read at one go, and so has the bound of any.
 * @throws Problem UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, INVALID_REQUEST. QError of `hold`
 */
export async function readNewRecords(
  request: Request,
  { hold, clock }: { readonly hold: (bytes: number) => void; readonly clock: Clock },
): Promise<readonly NewRecord[]> {
  const type = bodyType(request, recordTypes);
  if (type === 'application/x-ndjson') return linesOf(await readBytes(request, limits.produceBytesMax, hold), clock);
  const text = textOf(await readBytes(request, limits.jsonBytesMax, hold), 'body');
  return (parsed(produceBody, jsonOf(text, 'body'), 'body') as { records: NewRecord[] }).records;
}

async function linesOf(bytes: Buffer, clock: Clock): Promise<NewRecord[]> {
  const records: NewRecord[] = [];
  const problems: FieldProblem[] = [];
  let begunAt = clock.monotonic();
  for (let line = 1, at = 0; at < bytes.length && problems.length < problemsMax; line += 1) {
    const end = bytes.indexOf(lineFeed, at);
    const piece = bytes.subarray(at, end < 0 ? bytes.length : end);
    at = end < 0 ? bytes.length : end + 1;
    const field = `body.line ${line}`;
    if (records.length >= limits.produceRecordsMax) throw tooMany(field);
    try {
      const text = textOf(piece, field);
      if (text.trim() !== '') records.push(parsed(newRecord, jsonOf(text, field), field) as NewRecord);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.push(...(error.options.errors ?? []));
    }
    if (line % linesBeforeLook === 0 && clock.monotonic() - begunAt > turnMs) {
      await new Promise<void>((resolve) => clock.defer(resolve));
      begunAt = clock.monotonic();
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
const lineFeed = 10;
/** Work that is done at one go, and how often the clock is looked at. */
const turnMs = 4;
const linesBeforeLook = 32;

function textOf(bytes: Buffer, field: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem('INVALID_REQUEST', `${field} is not UTF-8`, {
      errors: [{ field, value: null, allowed: 'JSON in UTF-8; bytes that are no text go as Base64' }],
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
