import { describe, expect, it } from 'vitest';
import { Hello, Ping, Produce } from '../../src/index.ts';
import { HeadSizes } from '../../src/frame/head-sizes.ts';
import type { Writer } from '../../src/schema/writer.ts';

function numbers(writer: Writer, count: number): Writer {
  for (let index = 0; index < count; index += 1) writer.u32(index);
  return writer;
}

describe('the head of a message', () => {
  it('Z1 begins with what the last one of its API needed, and some more', () => {
    const sizes = new HeadSizes();
    sizes.note(Produce, numbers(sizes.writerFor(Produce), 2_000));
    sizes.note(Ping, numbers(sizes.writerFor(Ping), 3_000));
    expect([sizes.bytesFor(Produce), sizes.bytesFor(Ping), sizes.bytesFor(Hello)]).toEqual([9_000, 13_500, undefined]);
    const next = numbers(sizes.writerFor(Produce), 3_000).finish();
    expect(next).toHaveLength(1);
    expect(next[0]!.readUInt32BE(4 * 2_999)).toBe(2_999);
  });

  it('Z1 without what is given by reference', () => {
    const sizes = new HeadSizes();
    const writer = numbers(sizes.writerFor(Produce), 2_000);
    writer.raw(Buffer.alloc(1 << 20));
    sizes.note(Produce, writer);
    expect(sizes.bytesFor(Produce)).toBe(9_000);
  });

  it('B2 but never with much, however large the last one was', () => {
    const sizes = new HeadSizes();
    sizes.note(Produce, numbers(sizes.writerFor(Produce), 100_000));
    expect(sizes.bytesFor(Produce)).toBe(16 * 1024);
    expect(Buffer.concat(numbers(sizes.writerFor(Produce), 50_000).finish()).readUInt32BE(4 * 49_999)).toBe(49_999);
  });
});
