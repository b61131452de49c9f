import { describe, expect, it } from 'vitest';
import { ReadBuffers } from '../../src/files/read-buffers.ts';

const bufferBytes = 4_096;

function setUp(buffersMax = 2) {
  return new ReadBuffers({ bufferBytes, bytesMax: buffersMax * bufferBytes });
}

describe('ReadBuffers', () => {
  it('Z2 lends the same memory again once it was given back, by any view of it', () => {
    const buffers = setUp();
    const first = buffers.take(bufferBytes);
    expect(first).toHaveLength(bufferBytes);
    expect(buffers.take(bufferBytes).buffer).not.toBe(first.buffer);
    buffers.giveBack(first.subarray(10, 20));
    expect(buffers.take(2_000).buffer).toBe(first.buffer);
  });

  it('takes memory back once: a second time would lend it to two at once', () => {
    const buffers = setUp();
    const first = buffers.take(bufferBytes);
    buffers.giveBack(first);
    buffers.giveBack(first);
    expect([buffers.freeBuffers, buffers.isLent(first)]).toEqual([1, false]);
    expect(buffers.take(bufferBytes).buffer).not.toBe(buffers.take(bufferBytes).buffer);
  });

  it('keeps no more than its bound, and nothing that it did not lend', () => {
    const buffers = setUp(2);
    const lent = [1, 2, 3].map(() => buffers.take(bufferBytes));
    for (const buffer of lent) buffers.giveBack(buffer);
    expect(buffers.freeBuffers).toBe(2);
    buffers.take(bufferBytes);
    buffers.giveBack(Buffer.alloc(bufferBytes));
    expect(buffers.freeBuffers).toBe(1);
  });

  it('gives back to the system at once what is more than its bound', () => {
    const buffers = setUp(1);
    const [first, second] = [buffers.take(bufferBytes), buffers.take(bufferBytes)];
    buffers.giveBack(first);
    buffers.giveBack(second);
    expect([first.buffer.byteLength, second.buffer.byteLength]).toEqual([bufferBytes, 0]);
    buffers.giveBack(second);
    expect(buffers.freeBuffers).toBe(1);
  });

  it('lends no large buffer for a small read, and none that is too small', () => {
    const buffers = setUp();
    for (const bytes of [1, bufferBytes / 4 - 1, bufferBytes + 1]) {
      const own = buffers.take(bytes);
      expect([own.length, own.buffer.byteLength, buffers.isLent(own)]).toEqual([bytes, bytes, false]);
    }
    expect(buffers.isLent(buffers.take(bufferBytes / 4))).toBe(true);
  });
});
