import { QError } from '../errors.ts';
import type { ErrorDetails } from '../errors.ts';
import { errorCode, errorEntry } from '../errors-table.ts';
import { protocolLimits } from '../limits.ts';
import { array } from '../schema/array.ts';
import { i8, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import { Writer } from '../schema/writer.ts';
import { decodeBody, encodeBody } from './body.ts';
import { finishFrame, startFrame, writeCorrelationId } from './length.ts';

// An answer that is an error has this body, whatever the API and version. It has no version of its own and is frozen,
// so that a client understands also the refusal of a version it asked for.
//
//     | correlationId | errorCode | message | details …
//       u32             i16 (not 0) string    array of { key string, type i8, value string }

const headerBytes = 6;

/** What the broker said that an error came from. */
class BrokerCause extends Error {
  override readonly name = 'broker';
}

/** How the value of a detail is to be read. Frozen. */
const detailType = { string: 0, number: 1, boolean: 2 } as const;

interface ErrorDetail {
  readonly key: string;
  /** One of {@link detailType}. */
  readonly type: number;
  readonly value: string;
}

export interface ErrorBody {
  readonly message: string;
  readonly details: readonly ErrorDetail[];
}

const errorDetail: Struct<ErrorDetail> = struct('ErrorDetail', {
  key: field(string, 'What the detail is, such as logStartOffset.'),
  type: field(i8, 'How to read the value: 0 text, 1 decimal number, 2 boolean (true or false).'),
  value: field(string, 'The value as text.'),
});

export const errorBody: Struct<ErrorBody> = struct('ErrorBody', {
  message: field(string, 'The error in words, for people.'),
  details: field(array(errorDetail), 'Facts for programs; ignore keys that you do not know.'),
});

/** The error, and the request that it answers. */
export interface ErrorResponseOptions {
  readonly correlationId: number;
  readonly error: QError;
}

/**
 * Encodes an answer that is an error, with its length field. Texts that do not fit are cut, so every error can be sent.
 */
export function encodeErrorResponse(options: ErrorResponseOptions): Buffer[] {
  const { error, correlationId } = options;
  const writer = new Writer();
  startFrame(writer);
  writeCorrelationId(writer, correlationId);
  // NONE would make the answer look like a success.
  writer.i16(errorCode(error.code === 'NONE' ? 'UNKNOWN' : error.code));
  encodeBody(writer, toBody(error), { struct: errorBody, version: 0 });
  return finishFrame(writer);
}

/**
 * Reads the error that an answer carries. A number or a name that this version does not know becomes UNKNOWN, with
 * the number in `details.errorCode`.
 *
 * @throws QError MALFORMED_FRAME
 */
export function decodeErrorBody(frame: Buffer): QError {
  const body = decodeBody(frame, headerBytes, { struct: errorBody, version: 0 });
  const code = frame.readInt16BE(4);
  const entry = errorEntry(code);
  const details = Object.fromEntries(body.details.map((detail) => [detail.key, fromText(detail)]));
  if (entry.code !== code) details['errorCode'] = code;
  const { cause } = details;
  return new QError(entry.name, body.message, {
    details,
    ...(typeof cause === 'string' && { cause: new BrokerCause(cause) }),
  });
}

function toBody(error: QError): ErrorBody {
  return {
    message: cut(error.message),
    details: Object.entries(error.details).slice(0, protocolLimits.errorDetailsMax).map(toDetail),
  };
}

function toDetail([key, value]: [string, ErrorDetails[string]]): ErrorDetail {
  const type =
    typeof value === 'number' ? detailType.number : typeof value === 'boolean' ? detailType.boolean : detailType.string;
  return { key: cut(key), type, value: cut(String(value)) };
}

function fromText({ type, value }: ErrorDetail): ErrorDetails[string] {
  if (type === detailType.number) return Number(value);
  if (type === detailType.boolean) return value === 'true';
  return value;
}

function cut(text: string): string {
  return text.slice(0, protocolLimits.errorMessageCharactersMax).toWellFormed();
}
