import { describe, expect, it } from 'vitest';
import { protocolLimits } from '../../src/index.ts';
import { Writer } from '../../src/schema/writer.ts';

describe('Writer', () => {
  it('Z1 puts long bytes in the list by reference and short ones beside the small fields', () => {
    const long = Buffer.alloc(protocolLimits.bytesByReferenceMin, 1);
    const short = Buffer.alloc(protocolLimits.bytesByReferenceMin - 1, 2);
    const writer = new Writer();
    writer.u32(7);
    writer.raw(long);
    writer.raw(short);
    writer.raw(long);
    const parts = writer.finish();
    expect(parts.map((part) => part.length)).toEqual([4, long.length, short.length, long.length]);
    expect(parts[1]).toBe(long);
    expect(parts[3]).toBe(long);
    expect(parts[2]).toEqual(short);
    expect(parts[2]!.buffer).not.toBe(short.buffer);
  });

  it('sends the bytes of a plain Uint8Array by reference too', () => {
    const long = new Uint8Array(protocolLimits.bytesByReferenceMin + 8).subarray(8);
    const writer = new Writer();
    writer.raw(long);
    const [part] = writer.finish();
    long[0] = 9;
    expect(part).toHaveLength(long.length);
    expect(part![0]).toBe(9);
  });

  it('keeps what it has written while it grows', () => {
    const writer = new Writer();
    for (let index = 0; index < 1000; index++) writer.i32(index);
    const encoded = Buffer.concat(writer.finish());
    expect(encoded.length).toBe(4000);
    for (let index = 0; index < 1000; index++) expect(encoded.readInt32BE(index * 4)).toBe(index);
  });

  it('counts the bytes in the list and those before it', () => {
    const writer = new Writer();
    writer.u16(1);
    writer.raw(Buffer.alloc(5000));
    writer.bool(true);
    expect(writer.bytesWritten).toBe(5003);
  });

  it('shares no byte between two messages', () => {
    const first = new Writer();
    const second = new Writer();
    first.u32(1);
    second.u32(2);
    first.u32(3);
    expect(Buffer.concat(first.finish()).toString('hex')).toBe('0000000100000003');
    expect(Buffer.concat(second.finish()).toString('hex')).toBe('00000002');
  });
});
