import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CreateTopic,
  decodeRequestBody,
  decodeRequestHeader,
  encodeRequest,
  apis,
  Fetch,
  FrameDecoder,
  noTopicId,
  Ping,
  Produce,
} from '../../src/index.ts';
import { inVersion } from '../../scripts/in-version.ts';
import { arbitraryOf } from '../schema/arbitrary.ts';
import { errorOf } from '../error-of.ts';
import { hex } from '../hex.ts';

/** The payload of the frame that the gather list makes. */
function payloadOf(parts: readonly Buffer[]): Buffer {
  const decoder = new FrameDecoder({ frameBytesMax: 1 << 24 });
  decoder.push(Buffer.concat(parts));
  const frame = decoder.next();
  expect(decoder.bufferedBytes).toBe(0);
  return frame!;
}

const produceBody = (records: Buffer) => ({
  timeoutMs: 1000,
  traceContexts: [],
  topics: [{ topicId: noTopicId, partitions: [{ partition: 3, leaderEpoch: -1, records }] }],
});

describe('requests', () => {
  it('W1 have the documented header', () => {
    const [head] = encodeRequest(Ping, { version: 0, correlationId: 0xfffffffe, body: { payload: Buffer.from('hi') } });
    expect(head).toEqual(hex('0000000b 000e 0000 fffffffe 026869'));
    expect(decodeRequestHeader(head!.subarray(4))).toEqual({
      apiKey: 14,
      apiVersion: 0,
      correlationId: 0xfffffffe,
      bodyOffset: 8,
    });
  });

  it.each(apis)('W1 of $name come back as they were sent, in every version', (api) => {
    for (let version = api.versions.min; version <= api.versions.max; version++) {
      fc.assert(
        fc.property(arbitraryOf(api.request.shape), (body) => {
          const frame = payloadOf(encodeRequest(api, { version, correlationId: 5, body }));
          const { shape } = api.request;
          expect(inVersion(shape, decodeRequestBody(api, version, frame), version)).toEqual(
            inVersion(shape, body, version),
          );
        }),
        { numRuns: 40 },
      );
    }
  });

  it.each(apis.filter(({ request }) => request.shape.fields.length > 0))(
    'W1 of $name that are cut anywhere are refused with a clear error',
    (api) => {
      fc.assert(
        fc.property(arbitraryOf(api.request.shape), fc.nat(), (body, seed) => {
          const frame = payloadOf(encodeRequest(api, { version: 0, correlationId: 5, body }));
          const cut = frame.subarray(0, 8 + (seed % (frame.length - 8)));
          const error = errorOf(() => decodeRequestBody(api, 0, cut));
          expect(error.code).toBe('MALFORMED_FRAME');
          expect(error.message).toContain(api.request.shape.name);
        }),
        { numRuns: 40 },
      );
    },
  );

  it.each(apis)('W1 of $name made of garbage are read or refused, never anything else', (api) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (garbage) => {
        const frame = Buffer.concat([Buffer.alloc(8), garbage]);
        try {
          decodeRequestBody(api, 0, frame);
        } catch (error) {
          expect(error).toMatchObject({ code: 'MALFORMED_FRAME' });
        }
      }),
      { numRuns: 100 },
    );
  });

  it('Z1 carry records by reference, and give them out as a view', () => {
    const records = Buffer.alloc(100_000, 7);
    const parts = encodeRequest(Produce, { version: 0, correlationId: 1, body: produceBody(records) });
    expect(parts).toHaveLength(2);
    expect(parts[1]).toBe(records);
    const frame = payloadOf(parts);
    const read = decodeRequestBody(Produce, 0, frame).topics[0]!.partitions[0]!.records;
    expect(read.buffer).toBe(frame.buffer);
    expect(read.equals(records)).toBe(true);
  });

  it('Z5 spend 45 bytes on a produce request besides its records', () => {
    const [head] = encodeRequest(Produce, { version: 0, correlationId: 1, body: produceBody(Buffer.alloc(100_000)) });
    expect(head!.length).toBe(4 + 8 + 4 + 1 + 16 + 1 + 4 + 4 + 3);
  });

  it('name the field at fault when they are read', () => {
    const frame = payloadOf(
      encodeRequest(Produce, { version: 0, correlationId: 1, body: produceBody(Buffer.alloc(50)) }),
    );
    const error = errorOf(() => decodeRequestBody(Produce, 0, frame.subarray(0, 50)));
    expect(error).toMatchObject({
      code: 'MALFORMED_FRAME',
      details: { field: 'ProduceRequest.topics[0].partitions[0].records' },
    });
    expect(error.message).toBe('ProduceRequest.topics[0].partitions[0].records: 50 bytes are needed, 11 remain');
  });

  it('name the field at fault when they are written', () => {
    const body = { name: 'a', partitions: 3e9, replicas: 1, configs: [], validateOnly: false };
    const error = errorOf(() => encodeRequest(CreateTopic, { version: 0, correlationId: 1, body }));
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', details: { field: 'CreateTopicRequest.partitions' } });
    expect(error.message).toBe('CreateTopicRequest.partitions: 3000000000 does not fit in an i32');
  });

  it('refuse bytes left over', () => {
    const frame = payloadOf(encodeRequest(Ping, { version: 0, correlationId: 1, body: { payload: Buffer.alloc(3) } }));
    const error = errorOf(() => decodeRequestBody(Ping, 0, Buffer.concat([frame, Buffer.alloc(2)])));
    expect(error.message).toBe('PingRequest: 2 bytes are left over at the end');
  });

  it('refuse a version that is not spoken', () => {
    const frame = payloadOf(encodeRequest(Ping, { version: 0, correlationId: 1, body: { payload: Buffer.alloc(0) } }));
    for (const version of [-1, 1, 0.5]) {
      expect(errorOf(() => decodeRequestBody(Ping, version, frame))).toMatchObject({
        code: 'UNSUPPORTED_VERSION',
        details: { api: 'PING', version, minVersion: 0, maxVersion: 0 },
      });
    }
    const body = { maxWaitMs: 0, minBytes: 0, maxBytes: 0, isolation: 0, throttleWaitMs: -1, topics: [] };
    expect(errorOf(() => encodeRequest(Fetch, { version: 9, correlationId: 1, body })).code).toBe(
      'UNSUPPORTED_VERSION',
    );
  });

  it.each([-1, 2 ** 32, 1.5])('refuse the correlation id %d', (correlationId) => {
    const body = { payload: Buffer.alloc(0) };
    expect(errorOf(() => encodeRequest(Ping, { version: 0, correlationId, body })).code).toBe('INVALID_REQUEST');
  });

  it('refuse a header that is cut', () => {
    expect(errorOf(() => decodeRequestHeader(Buffer.alloc(7))).code).toBe('MALFORMED_FRAME');
  });
});
