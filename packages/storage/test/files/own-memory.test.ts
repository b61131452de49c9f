import { LentMemory } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { OwnMemory } from '../../src/files/own-memory.ts';

const sharedBytes = 64 << 10;

function buffersThatShare(): LentMemory {
  return new LentMemory({ bytesMin: sharedBytes, bytesMax: 1 << 20, sharedBytes });
}

describe('memory of batches', () => {
  it.each([true, false])(
    'Z1 is their own where they fill it, and a copy where they are a small part of something large (shares: %s)',
    (shares) => {
      const memory = new OwnMemory({ buffers: buffersThatShare(), shares });
      const whole = Buffer.allocUnsafeSlow(5_000);
      expect(memory.own(whole)).toBe(whole);
      const half = whole.subarray(0, 2_600);
      expect(memory.own(half)).toBe(half);
      const small = whole.subarray(100, 200);
      const copy = memory.own(small);
      expect([copy === small, copy.equals(small)]).toEqual([false, true]);
      const frame = Buffer.allocUnsafeSlow(1 << 20);
      const twelfth = frame.subarray(0, 87_000);
      expect(memory.own(twelfth)).toBe(twelfth);
      expect(memory.own(frame.subarray(0, 20_000)).buffer.byteLength).toBe(20_000);
    },
  );

  it('Z2 is shared by small ones where they leave together, or stay where they share it already', () => {
    const buffers = buffersThatShare();
    const memory = new OwnMemory({ buffers, shares: true });
    const frame = Buffer.alloc(100_000);
    const copy = memory.own(frame.subarray(0, 50));
    expect([copy.buffer.byteLength, buffers.isShared(copy)]).toEqual([sharedBytes, true]);
    const shared = buffers.copyOf(frame.subarray(0, 10_000)).subarray(100, 150);
    expect(memory.own(shared)).toBe(shared);
    expect(new OwnMemory({ buffers, shares: false }).own(frame.subarray(0, 50)).buffer.byteLength).toBe(50);
  });

  it('B2 has the caller for a user, copied or not', () => {
    const buffers = buffersThatShare();
    const memory = new OwnMemory({ buffers, shares: true });
    const frame = buffers.take(sharedBytes);
    const large = memory.own(frame.subarray(0, 60_000));
    buffers.release(frame);
    expect(buffers.freeBytes).toBe(0);
    buffers.release(large);
    expect(buffers.freeBytes).toBe(sharedBytes);
    const small = Array.from({ length: 9 }, () => memory.own(Buffer.alloc(1 << 20).subarray(0, 8_000)));
    for (const copy of small.slice(1)) buffers.release(copy);
    expect(buffers.freeBytes).toBe(0);
    buffers.release(small[0] as Buffer);
    expect(buffers.freeBytes).toBe(sharedBytes);
  });
});
