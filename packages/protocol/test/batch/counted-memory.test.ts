import { describe, expect, it } from 'vitest';
import { CountedMemory } from '../../src/batch/counted-memory.ts';

const bytesMin = 64 << 10;

function buffersOf(bytesMax: number, o: { detaches?: boolean } = {}): CountedMemory {
  return new CountedMemory({ bytesMin, bytesMax, ...o });
}

describe('memory that is lent', () => {
  it('B2 is used again when the last of those who look at it has let go', () => {
    const buffers = buffersOf(1 << 20);
    const taken = buffers.take(100_000);
    const view = taken.subarray(1_000, 2_000);
    expect(buffers.retain(view)).toBe(true);
    expect(buffers.retain(view)).toBe(true);
    buffers.release(taken);
    buffers.release(view);
    expect(buffers.freeBytes).toBe(0);
    buffers.release(view);
    expect(buffers.freeBytes).toBe(taken.length);
    expect(buffers.take(90_000).buffer).toBe(taken.buffer);
    expect(buffers.freeBytes).toBe(0);
  });

  it('B2 goes back to the system at once where more is free than may be', () => {
    const buffers = buffersOf(200_000);
    const [first, second] = [buffers.take(150_000), buffers.take(150_000)];
    buffers.release(first);
    buffers.release(second);
    expect([first.buffer.byteLength, second.buffer.byteLength]).toEqual([0, buffers.freeBytes]);
    expect(buffers.take(150_000).buffer).toBe(second.buffer);
    // Nobody can have it twice.
    buffers.release(first);
    expect(buffers.freeBytes).toBe(0);
  });

  it('B2 counts nobody twice: who lets go of free memory changes nothing', () => {
    const buffers = buffersOf(1 << 20);
    const taken = buffers.take(100_000);
    buffers.release(taken);
    buffers.release(taken);
    expect(buffers.retain(taken)).toBe(false);
    expect(buffers.freeBytes).toBe(taken.length);
  });

  it('B2 leaves small memory, and that of others, alone', () => {
    const buffers = buffersOf(1 << 20);
    const small = buffers.take(1_000);
    expect(small.length).toBe(1_000);
    expect([small, Buffer.alloc(100_000)].map((view) => buffers.retain(view))).toEqual([false, false]);
    buffers.release(Buffer.alloc(100_000));
    expect(buffers.freeBytes).toBe(0);
  });

  it('B2 does not take what another one has lent', () => {
    const [mine, theirs] = [buffersOf(1 << 20), buffersOf(1 << 20)];
    const taken = theirs.take(100_000);
    expect(mine.retain(taken)).toBe(false);
    mine.release(taken);
    expect([mine.freeBytes, theirs.freeBytes]).toEqual([0, 0]);
    theirs.release(taken);
    expect(theirs.freeBytes).toBe(taken.length);
  });

  it('B2 gives memory only to what fills most of it', () => {
    const buffers = buffersOf(1 << 20);
    const large = buffers.take(300_000);
    buffers.release(large);
    expect(buffers.take(100_000).buffer).not.toBe(large.buffer);
    expect(buffers.take(300_001).buffer).toBe(large.buffer);
  });

  it('B8 keeps no more than its bound free, the latest', () => {
    const buffers = buffersOf(256 << 10);
    const taken = Array.from({ length: 5 }, () => buffers.take(128 << 10));
    for (const each of taken) buffers.release(each);
    expect(buffers.freeBytes).toBe(256 << 10);
    expect([buffers.take(128 << 10), buffers.take(128 << 10)].map((each) => each.buffer)).toEqual([
      taken[4]?.buffer,
      taken[3]?.buffer,
    ]);
  });

  it('C2 takes what is free away from those who still have views of it, if it is told to', () => {
    const buffers = buffersOf(1 << 20, { detaches: true });
    const taken = buffers.take(100_000);
    taken.fill(7);
    const [kept, view] = [taken.subarray(0, 10), taken.subarray(10, 20)];
    expect(buffers.retain(view)).toBe(true);
    buffers.release(view);
    expect(kept).toHaveLength(10);
    const { length } = taken;
    buffers.release(taken);
    expect([taken, kept, view].map((each) => each.length)).toEqual([0, 0, 0]);
    expect(() => kept.readUInt8(0)).toThrow(RangeError);
    expect(buffers.freeBytes).toBe(length);
    const next = buffers.take(100_000);
    expect(next).toHaveLength(length);
    expect(next[0]).toBe(7);
    expect(buffers.retain(next)).toBe(true);
  });

  it('C2 leaves them alone otherwise', () => {
    const buffers = buffersOf(1 << 20);
    const taken = buffers.take(100_000);
    const view = taken.subarray(0, 10);
    buffers.release(taken);
    expect(view).toHaveLength(10);
  });
});
