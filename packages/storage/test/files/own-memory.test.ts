import { describe, expect, it } from 'vitest';
import { OwnMemory } from '../../src/files/own-memory.ts';

describe('memory of batches', () => {
  it.each([true, false])('Z1 is their own where they fill it, and a copy where they are a small part of something large (slabs: %s)', (hasSlabs) => {
    const memory = new OwnMemory({ hasSlabs });
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
  });

  it('Z2 is shared by small ones, each with its own bytes, where they leave together', () => {
    const memory = new OwnMemory({ hasSlabs: true });
    const frame = Buffer.alloc(100_000);
    const copies = Array.from({ length: 3_000 }, (_, index) => {
      frame.fill(index, 0, 50);
      return memory.own(frame.subarray(0, 50 - (index % 3)));
    });
    for (const [index, copy] of copies.entries()) expect(copy).toEqual(Buffer.alloc(50 - (index % 3), index));
    expect(new Set(copies.map(({ buffer }) => buffer)).size).toBe(3);
    const alone = new OwnMemory({ hasSlabs: false });
    expect(alone.own(frame.subarray(0, 50)).buffer.byteLength).toBe(50);
  });
});
