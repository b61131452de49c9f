import { isUtf8 } from 'node:buffer';

/** A record as JSON says it. */
export interface JsonRecord {
  readonly key: Uint8Array | string | null;
  readonly value: Uint8Array | string | null;
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[];
  readonly partition?: number;
  readonly timestampMs?: number;
  readonly messageId?: string;
}

/** What is wrong with a line of JSON. */
export class JsonMistake extends Error {
  override readonly name = 'JsonMistake';
}

/** `topic` and `offset` say where a record was, which is of no matter for where it goes. */
const fields: ReadonlySet<string> = new Set([
  'topic',
  'partition',
  'offset',
  'timestampMs',
  'key',
  'keyBase64',
  'value',
  'valueBase64',
  'headers',
  'messageId',
]);
const headerFields: ReadonlySet<string> = new Set(['name', 'value', 'valueBase64']);

/**
 * Reads what `q consume --json` writes, a record a line. No byte is lost on the way: null and empty stay apart, bytes
 * come as Base64, and text that no bytes could have given is refused.
 *
 * @param o.messageIdHeader a header of this name is the message id
 * @throws JsonMistake naming the field, what it has, and what is expected
 */
export function parseRecordJson(line: Buffer, o: { messageIdHeader: string }): JsonRecord {
  const record = objectOf(parse(line), 'a record');
  refuseOthers(record, fields, 'a record');
  if (record['value'] === undefined && record['valueBase64'] === undefined)
    throw new JsonMistake('it has neither value nor valueBase64; null is a value too: none');
  const { partition, timestampMs } = record;
  const headers = headersOf(record['headers']);
  const messageId = messageIdOf(record['messageId'], headers, o.messageIdHeader);
  return {
    key: bytesOf(record, 'key', 'key') ?? null,
    value: bytesOf(record, 'value', 'value') ?? null,
    headers: messageId === undefined ? headers : headers.filter(({ key }) => key !== o.messageIdHeader),
    ...(partition !== undefined && { partition: wholeOf(partition, 'partition') }),
    // -1: the producer had set none.
    ...(timestampMs !== undefined && timestampMs !== -1 && { timestampMs: wholeOf(timestampMs, 'timestampMs') }),
    ...(messageId !== undefined && { messageId }),
  };
}

function parse(line: Buffer): unknown {
  if (!isUtf8(line)) throw new JsonMistake('it is not JSON, which is always UTF-8');
  try {
    return JSON.parse(line.toString('utf8')) as unknown;
  } catch (error) {
    throw new JsonMistake(`it is not JSON: ${(error as Error).message}`);
  }
}

function headersOf(value: unknown): { key: string; value: Buffer | null }[] {
  if (value === undefined) return [];
  if (!Array.isArray(value))
    return Object.entries(objectOf(value, 'headers')).map(([key, text]) => ({
      key: textOf(key, 'the name of a header'),
      value: text === null ? null : Buffer.from(textOf(text, `headers.${key}`)),
    }));
  return value.map((each: unknown, at) => {
    const what = `headers[${at}]`;
    const header = objectOf(each, what);
    refuseOthers(header, headerFields, what);
    const bytes = bytesOf(header, 'value', `${what}.value`);
    if (bytes === undefined) throw new JsonMistake(`${what} has neither value nor valueBase64`);
    return {
      key: textOf(header['name'], `${what}.name`),
      value: typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
    };
  });
}

/** As a header of its own name it is the same, as that is how it is stored; one that is no text is only a header. */
function messageIdOf(
  field: unknown,
  headers: readonly { readonly key: string; readonly value: Buffer | null }[],
  name: string,
): string | undefined {
  const found = headers.filter(({ key }) => key === name);
  if (field !== undefined && field !== null) {
    if (found.length > 0) throw new JsonMistake(`it has both messageId and a header ${name}; use one`);
    return textOf(field, 'messageId');
  }
  const [first, ...others] = found;
  const id = first?.value ?? null;
  return id !== null && id.length > 0 && isUtf8(id) && others.length === 0 ? id.toString('utf8') : undefined;
}

/** Text under the name itself, or bytes under the name with `Base64` at its end; undefined: neither is there. */
function bytesOf(
  object: Readonly<Record<string, unknown>>,
  name: string,
  what: string,
): Buffer | string | null | undefined {
  const [text, base64] = [object[name], object[`${name}Base64`]];
  if (base64 === undefined) return text === undefined || text === null ? text : textOf(text, what);
  if (text !== undefined) throw new JsonMistake(`it has both ${what} and ${what}Base64; use one`);
  const encoded = textOf(base64, `${what}Base64`).replace(/={1,2}$/, '');
  if (!/^[\w+/-]*$/.test(encoded) || encoded.length % 4 === 1)
    throw new JsonMistake(`${what}Base64 is not Base64: ${shown(base64)}`);
  return Buffer.from(encoded, 'base64');
}

/** Text that UTF-8 has no bytes for would come out as other text. */
function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new JsonMistake(`${what} is ${shown(value)}; expected a text`);
  if (!value.isWellFormed())
    throw new JsonMistake(`${what} has half of a surrogate pair, which is no character; use ${what}Base64 for bytes`);
  return value;
}

function wholeOf(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new JsonMistake(`${what} is ${shown(value)}; expected a whole number of at least 0`);
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new JsonMistake(`${what} is ${shown(value)}; expected an object`);
}

function refuseOthers(object: Readonly<Record<string, unknown>>, known: ReadonlySet<string>, what: string): void {
  const unknown = Object.keys(object).find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new JsonMistake(`${what} has no field "${unknown}"; it knows ${[...known].join(', ')}`);
}

/** The value in a few characters: lines of a megabyte do not belong in an error. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
