import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  apis,
  decodeResponseBody,
  decodeResponseHeader,
  encodeErrorResponse,
  encodeResponse,
  Fetch,
  noTopicId,
  Ping,
  QError,
} from '../../src/index.ts';
import { inVersion } from '../../scripts/in-version.ts';
import { arbitraryOf } from '../schema/arbitrary.ts';
import { errorOf } from '../error-of.ts';
import { hex } from '../hex.ts';

const payloadOf = (parts: readonly Buffer[]): Buffer => Buffer.concat(parts).subarray(4);

describe('answers', () => {
  it('W1 have the documented header', () => {
    const [head] = encodeResponse(Ping, { version: 0, correlationId: 258, body: { payload: Buffer.from('hi') } });
    expect(head).toEqual(hex('00000009 00000102 0000 026869'));
    expect(decodeResponseHeader(head!.subarray(4))).toEqual({ correlationId: 258, errorCode: 0, bodyOffset: 6 });
  });

  it.each(apis)('W1 of $name come back as they were sent, in every version', (api) => {
    for (let version = api.versions.min; version <= api.versions.max; version++) {
      fc.assert(
        fc.property(arbitraryOf(api.response.shape), (body) => {
          const parts = encodeResponse(api, { version, correlationId: 5, body });
          expect(parts[0]!.readUInt32BE(0)).toBe(Buffer.concat(parts).length - 4);
          const { shape } = api.response;
          expect(inVersion(shape, decodeResponseBody(api, version, payloadOf(parts)), version)).toEqual(
            inVersion(shape, body, version),
          );
        }),
        { numRuns: 40 },
      );
    }
  });

  it.each(apis)('W1 of $name made of garbage are read or refused, never anything else', (api) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (garbage) => {
        try {
          decodeResponseBody(api, 0, Buffer.concat([Buffer.alloc(6), garbage]));
        } catch (error) {
          expect(error).toMatchObject({ code: 'MALFORMED_FRAME' });
        }
      }),
      { numRuns: 100 },
    );
  });

  it('Z1 carry many stretches of records by reference, in their order', () => {
    const stretches = [Buffer.alloc(5000, 1), Buffer.alloc(10, 2), Buffer.alloc(6000, 3)];
    const partitions = stretches.map((records, partition) => ({
      partition,
      errorCode: 0,
      errorMessage: null,
      highWatermark: 9,
      lastStableOffset: 9,
      logStartOffset: 0,
      records,
      aborted: [],
    }));
    const body = { topics: [{ topicId: noTopicId, partitions }], throttleTimeMs: 0 };
    const parts = encodeResponse(Fetch, { version: 0, correlationId: 1, body });
    expect(parts).toHaveLength(4);
    expect(parts[1]).toBe(stretches[0]);
    expect(parts[3]).toBe(stretches[2]);
    expect(decodeResponseBody(Fetch, 0, payloadOf(parts))).toEqual(body);
  });

  it('throw the error they carry when they are read as a success', () => {
    const frame = payloadOf(encodeErrorResponse({ correlationId: 1, error: new QError('BROKER_BUSY', 'later') }));
    expect(errorOf(() => decodeResponseBody(Ping, 0, frame))).toMatchObject({ code: 'BROKER_BUSY', message: 'later' });
  });

  it('refuse a header that is cut', () => {
    expect(errorOf(() => decodeResponseHeader(Buffer.alloc(5))).code).toBe('MALFORMED_FRAME');
    expect(errorOf(() => decodeResponseBody(Ping, 0, Buffer.alloc(5))).code).toBe('MALFORMED_FRAME');
  });
});
