import type { Api } from '../apis/api.ts';
import { QError } from '../errors.ts';
import type { ErrorName } from '../errors-table.ts';
import { SchemaFault } from '../schema/fault.ts';
import { Reader } from '../schema/reader.ts';
import type { Struct } from '../schema/struct.ts';
import type { Writer } from '../schema/writer.ts';

/** @throws QError UNSUPPORTED_VERSION */
export function checkVersion(api: Api<unknown, unknown>, version: number): void {
  const { min, max } = api.versions;
  if (Number.isInteger(version) && version >= min && version <= max) return;
  throw new QError('UNSUPPORTED_VERSION', `${api.name} has the versions ${min} to ${max} here, not ${version}`, {
    details: { api: api.name, version, minVersion: min, maxVersion: max },
  });
}

/** @throws QError INVALID_REQUEST: the caller gave a value that its field cannot carry. */
export function encodeBody<T>(writer: Writer, body: T, message: { struct: Struct<T>; version: number }): void {
  try {
    message.struct.codec(message.version).encode(writer, body);
  } catch (error) {
    throw withPath(error, 'INVALID_REQUEST', message.struct);
  }
}

/** @throws QError MALFORMED_FRAME */
export function decodeBody<T>(frame: Buffer, position: number, message: { struct: Struct<T>; version: number }): T {
  try {
    const reader = new Reader(frame, position);
    const body = message.struct.codec(message.version).decode(reader);
    if (reader.remaining > 0) throw new SchemaFault(`${reader.remaining} bytes are left over at the end`);
    return body;
  } catch (error) {
    throw withPath(error, 'MALFORMED_FRAME', message.struct);
  }
}

function withPath(error: unknown, code: ErrorName, { shape }: Struct<unknown>): unknown {
  if (!(error instanceof SchemaFault)) return error;
  const field = shape.name + error.path;
  return new QError(code, `${field}: ${error.message}`, { details: { field } });
}
