import { describe, expect, it } from 'vitest';
import { returnOutput, takeOutput } from '../../src/compression/output-memory.ts';

describe('memory for decompressed records', () => {
  it('W3 is used again, the smallest that is large enough, and by one at a time', () => {
    const [small, large] = [takeOutput(2 << 20), takeOutput(8 << 20)];
    const memories = { small: small.buffer, large: large.buffer };
    expect(returnOutput(small.subarray(0, 100))).toBe(true);
    expect(returnOutput(large)).toBe(true);
    const again = takeOutput(1 << 20);
    expect(again.buffer).toBe(memories.small);
    expect(again).toHaveLength(1 << 20);
    const other = takeOutput(1 << 20);
    expect(other.buffer).toBe(memories.large);
    const third = takeOutput(1 << 20);
    expect([memories.small, memories.large]).not.toContain(third.buffer);
    for (const each of [again, other, third]) returnOutput(each);
  });

  it('W3 is kept for a few only; what is more goes at once', () => {
    const taken = Array.from({ length: 6 }, (_, index) => takeOutput((index + 10) << 20));
    for (const each of taken) returnOutput(each);
    expect(taken.slice(0, 2).map(({ buffer }) => buffer.byteLength)).toEqual([0, 0]);
    expect(taken.at(-1)!.buffer.byteLength).toBe(15 << 20);
  });

  it('takes nothing that it has not given', () => {
    expect(returnOutput(Buffer.alloc(4 << 20))).toBe(false);
  });
});
