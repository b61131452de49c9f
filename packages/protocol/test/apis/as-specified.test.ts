import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apis, Produce } from '../../src/index.ts';
import { Reader } from '../../src/schema/reader.ts';
import type { Struct } from '../../src/schema/struct.ts';
import { Writer } from '../../src/schema/writer.ts';
import { inVersion } from '../../scripts/in-version.ts';
import { arbitraryOf } from '../schema/arbitrary.ts';
import { writeByShape } from '../schema/by-shape.ts';
import { hex } from '../hex.ts';

const messages = apis.flatMap(({ name, versions, request, response }) => [
  { name: `requests of ${name}`, versions, message: request },
  { name: `answers of ${name}`, versions, message: response },
]);

function bytesOf(write: (writer: Writer) => void): Buffer {
  const writer = new Writer();
  write(writer);
  return Buffer.concat(writer.finish());
}

describe('messages on the wire', () => {
  it.each(messages)('W1 $name are what their specification says, in every version', ({ versions, message }) => {
    for (let version = versions.min; version <= versions.max; version += 1) {
      fc.assert(
        fc.property(arbitraryOf(message.shape), (value) => {
          const bytes = bytesOf((writer) => message.codec(version).encode(writer, value));
          expect(bytes).toEqual(bytesOf((writer) => writeByShape(writer, value, message.shape, version)));
          const decoded = message.codec(version).decode(new Reader(bytes, 0));
          expect(inVersion(message.shape, decoded, version)).toEqual(inVersion(message.shape, value, version));
        }),
        { numRuns: 40 },
      );
    }
  });

  it('W2 of which codecs are written out name the field at fault, too', () => {
    const wrong = (body: unknown, message: Struct<never>): unknown => {
      try {
        return bytesOf((writer) => message.codec(0).encode(writer, body as never));
      } catch (error) {
        return error;
      }
    };
    const topicId = '00000000-0000-4000-8000-0000000000aa';
    const part = { partition: 1, leaderEpoch: -1, records: Buffer.alloc(1) };
    const request = (change: object): unknown => ({
      timeoutMs: 1,
      topics: [{ topicId, partitions: [part, { ...part, ...change }] }],
    });
    expect(wrong(request({ leaderEpoch: 2 ** 31 }), Produce.request as never)).toMatchObject({
      path: '.topics[0].partitions[1].leaderEpoch',
    });
    expect(wrong(request({ records: 'text' }), Produce.request as never)).toMatchObject({
      path: '.topics[0].partitions[1].records',
    });
    const answer = { topics: [{ topicId, partitions: [null] }] };
    expect(wrong(answer, Produce.response as never)).toMatchObject({
      path: '.topics[0].partitions[0]',
      message: 'null is not an object',
    });
    const cut = hex(
      `01 ${topicId.replaceAll('-', '')} 01 00000001 0000 00 0000000000000001 ffffffffffffffff 0000000000000000 02 00`,
    );
    expect(() => Produce.response.codec(0).decode(new Reader(cut, 0))).toThrow(
      expect.objectContaining({ path: '.topics[0].partitions[0].duplicate' }),
    );
  });
});
