import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  apiByKey,
  apis,
  decodeErrorBody,
  decodeRequestBody,
  decodeRequestHeader,
  decodeResponseBody,
  decodeResponseHeader,
  encodeRequest,
  encodeResponse,
  errorTable,
  FrameDecoder,
} from '../../src/index.ts';
import type { Api, KindShape } from '../../src/index.ts';
import { inVersion } from '../../scripts/in-version.ts';
import type { MessageVectors } from '../../scripts/message-vectors.ts';
import { hex } from '../hex.ts';

// The files as they are committed, not as they would be generated: every later version must read these bytes.
const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/messages.json', import.meta.url), 'utf8'),
) as MessageVectors;

function payloadOf(frameHex: string): Buffer {
  const decoder = new FrameDecoder({ frameBytesMax: 1 << 24 });
  decoder.push(hex(frameHex));
  const frame = decoder.next();
  expect(decoder.bufferedBytes).toBe(0);
  return frame!;
}

function apiOf(key: number): Api<unknown, unknown> {
  const api = apiByKey(key);
  if (api === undefined) throw new Error(`there is no API with the key ${key}`);
  return api;
}

/** A value from its JSON form: hexadecimal digits become buffers again where the message has bytes. */
function fromJson(shape: KindShape, value: unknown): unknown {
  if (value === null) return null;
  if (shape.type === 'struct') {
    const fields = value as Record<string, unknown>;
    return Object.fromEntries(
      shape.fields.filter(({ name }) => name in fields).map(({ name, kind }) => [name, fromJson(kind, fields[name])]),
    );
  }
  if (shape.type === 'array' || shape.type === 'nullableArray')
    return (value as unknown[]).map((item) => fromJson(shape.element, item));
  if (shape.type === 'bytes' || shape.type === 'nullableBytes') return hex(value as string);
  return value;
}

const named = <T extends { api: string; version: number; name: string }>(list: readonly T[]): [string, T][] =>
  list.map((vector) => [`${vector.api} ${vector.version} (${vector.name})`, vector]);

describe('message vectors', () => {
  it.each(named(vectors.requests))('W1 the request %s is read and written as the vector says', (_name, vector) => {
    const api = apiOf(vector.key);
    const frame = payloadOf(vector.hex);
    const body = fromJson(api.request.shape, vector.body);
    expect(decodeRequestHeader(frame)).toMatchObject({
      apiKey: vector.key,
      apiVersion: vector.version,
      correlationId: vector.correlationId,
    });
    expect(inVersion(api.request.shape, decodeRequestBody(api, vector.version, frame), vector.version)).toEqual(body);
    const { version, correlationId } = vector;
    expect(Buffer.concat(encodeRequest(api, { version, correlationId, body })).toString('hex')).toBe(vector.hex);
  });

  it.each(named(vectors.responses))('W1 the answer %s is read and written as the vector says', (_name, vector) => {
    const api = apiOf(vector.key);
    const frame = payloadOf(vector.hex);
    const body = fromJson(api.response.shape, vector.body);
    expect(decodeResponseHeader(frame)).toMatchObject({ correlationId: vector.correlationId, errorCode: 0 });
    expect(inVersion(api.response.shape, decodeResponseBody(api, vector.version, frame), vector.version)).toEqual(body);
    const { version, correlationId } = vector;
    expect(Buffer.concat(encodeResponse(api, { version, correlationId, body })).toString('hex')).toBe(vector.hex);
  });

  it.each(vectors.errors)('W1 W2 the error answer $error is read as the vector says', (vector) => {
    const frame = payloadOf(vector.hex);
    expect(decodeResponseHeader(frame)).toMatchObject({
      correlationId: vector.correlationId,
      errorCode: vector.errorCode,
    });
    expect(decodeErrorBody(frame)).toMatchObject({
      code: vector.error,
      message: vector.message,
      details: vector.details,
    });
  });

  it('W1 cover every API in every version, both ways, and every error that is ever sent', () => {
    const wanted = apis.flatMap(({ name, versions: { min, max } }) =>
      Array.from({ length: max - min + 1 }, (_, index) =>
        ['typical', 'empty', 'lowest', 'highest'].map((edge) => `${name} ${min + index} (${edge})`),
      ).flat(),
    );
    expect(named(vectors.requests).map(([name]) => name)).toEqual(wanted);
    expect(named(vectors.responses).map(([name]) => name)).toEqual(wanted);
    expect(vectors.errors.map(({ error }) => error)).toEqual(
      errorTable.filter(({ name, code }) => name !== 'NONE' && code < 200).map(({ name }) => name),
    );
  });
});
