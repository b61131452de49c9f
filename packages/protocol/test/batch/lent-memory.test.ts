import { describe, expect, it } from 'vitest';
import { LentMemory } from '../../src/batch/lent-memory.ts';

const bytesMin = 64 << 10;

function buffersOf(bytesMax: number, o: { sharedBytes?: number } = {}): LentMemory {
  return new LentMemory({ bytesMin, bytesMax, ...o });
}

describe('memory that small copies share', () => {
  const sharing = (): LentMemory => buffersOf(1 << 20, { sharedBytes: bytesMin });
  /** Another piece is being filled afterwards. */
  const fillPiece = (buffers: LentMemory): void => {
    for (let count = 0; count < 4; count += 1) buffers.release(buffers.copyOf(Buffer.alloc(bytesMin / 4)));
  };

  it('Z2 lies together, each with its own bytes', () => {
    const buffers = sharing();
    const frame = Buffer.alloc(100);
    const copies = Array.from({ length: 3_000 }, (_, index) => {
      frame.fill(index);
      return buffers.copyOf(frame.subarray(0, 50 - (index % 3)));
    });
    for (const [index, copy] of copies.entries()) expect(copy).toEqual(Buffer.alloc(50 - (index % 3), index));
    expect(new Set(copies.map(({ buffer }) => buffer)).size).toBe(3);
    expect(copies.every((copy) => buffers.isShared(copy))).toBe(true);
  });

  it('Z2 is used again when the last one in it was let go of, and not while it is being filled', () => {
    const buffers = sharing();
    const copyQuarter = (): Buffer => buffers.copyOf(Buffer.alloc(bytesMin / 4, 1));
    const first = Array.from({ length: 4 }, copyQuarter);
    for (const copy of first.slice(1)) buffers.release(copy);
    const second = Array.from({ length: 4 }, copyQuarter);
    expect(second[0]?.buffer).not.toBe(first[0]?.buffer);
    for (const copy of second) buffers.release(copy);
    expect(buffers.freeBytes).toBe(0);
    buffers.release(first[0] as Buffer);
    expect(buffers.freeBytes).toBe(bytesMin);
    // Full, and nobody else looks at it: what was in the processor's caches last is filled anew first.
    expect(copyQuarter().buffer).toBe(second[0]?.buffer);
    for (let count = 0; count < 3; count += 1) copyQuarter();
    expect(copyQuarter().buffer).toBe(first[0]?.buffer);
  });

  it('B2 counts those who retain a copy as users, too', () => {
    const buffers = sharing();
    const copy = buffers.copyOf(Buffer.alloc(bytesMin / 4));
    const part = copy.subarray(10, 20);
    expect(buffers.retain(part)).toBe(true);
    buffers.release(copy);
    fillPiece(buffers);
    expect(buffers.freeBytes).toBe(0);
    buffers.release(part);
    expect(buffers.freeBytes).toBe(bytesMin);
  });

  it('Z2 keeps parts where they are, or brings them there', () => {
    const buffers = sharing();
    const frame = buffers.copyOf(Buffer.alloc(bytesMin / 4, 1));
    const part = frame.subarray(10, 20);
    expect(buffers.keepPart(part)).toBe(part);
    buffers.release(frame);
    fillPiece(buffers);
    expect(buffers.freeBytes).toBe(0);
    buffers.release(part);
    expect(buffers.freeBytes).toBe(bytesMin);
    const other = Buffer.alloc(100_000, 2);
    const [small, large] = [buffers.keepPart(other.subarray(0, 100)), buffers.keepPart(other.subarray(0, 50_000))];
    expect([buffers.isShared(small), small]).toEqual([true, Buffer.alloc(100, 2)]);
    expect([buffers.isShared(large), large.buffer.byteLength, large[49_999]]).toEqual([false, 50_000, 2]);
  });

  it('Z2 holds what is joined apart from what is only copied', () => {
    const buffers = sharing();
    const copy = buffers.copyOf(Buffer.alloc(bytesMin / 4, 1));
    const joined = buffers.join([copy.subarray(0, 10), Buffer.alloc(5, 2), copy.subarray(10, 12)]);
    expect(joined).toEqual(Buffer.concat([Buffer.alloc(10, 1), Buffer.alloc(5, 2), Buffer.alloc(2, 1)]));
    expect([buffers.isShared(joined), joined.buffer === copy.buffer]).toEqual([true, false]);
    buffers.release(copy);
    fillPiece(buffers);
    // What it was copied from is used again; what is joined is not.
    expect(buffers.copyOf(Buffer.alloc(10)).buffer).toBe(copy.buffer);
    const joinQuarter = (): Buffer => buffers.join([Buffer.alloc(bytesMin / 4)]);
    const others = Array.from({ length: 4 }, joinQuarter);
    expect(others[3]?.buffer).not.toBe(joined.buffer);
    for (const other of others) buffers.release(other);
    expect(buffers.freeBytes).toBe(0);
    buffers.release(joined);
    expect(buffers.freeBytes).toBe(bytesMin);
    const large = buffers.join([Buffer.alloc(bytesMin / 4, 3), Buffer.alloc(1, 4)]);
    expect([buffers.isShared(large), large.length, large.at(-1)]).toEqual([false, bytesMin / 4 + 1, 4]);
  });

  it('B8 does not take in more and more of which little is kept', () => {
    const buffers = sharing();
    const isTaken = (): boolean => buffers.isShared(buffers.copyOf(Buffer.alloc(bytesMin / 4)));
    // What is sent is refused, all but a little of it: 64 pieces, and four times as much as was kept.
    let taken = 0;
    for (; taken < 1_000 && isTaken(); taken += 1) buffers.keepPart(Buffer.alloc(1_000).subarray(0, 64));
    expect(taken).toBeGreaterThanOrEqual(64 * 4);
    expect(taken).toBeLessThan(64 * 4 + 8);
    buffers.keepPart(Buffer.alloc(bytesMin / 4));
    expect([isTaken(), isTaken(), isTaken(), isTaken(), isTaken()]).toEqual([true, true, true, true, false]);
  });

  it('Z2 is not for large ones, and not for those who did not ask for it', () => {
    const [buffers, other] = [sharing(), buffersOf(1 << 20)];
    const large = Buffer.alloc(bytesMin / 4 + 1, 1);
    for (const copy of [buffers.copyOf(large), other.copyOf(large), other.copyOf(large.subarray(0, 10))]) {
      expect(buffers.isShared(copy) || other.isShared(copy)).toBe(false);
      expect(copy.every((byte) => byte === 1)).toBe(true);
    }
    const lent = buffers.copyOf(Buffer.alloc(100_000, 1));
    expect([lent.length, buffers.isShared(lent), buffers.retain(lent)]).toEqual([100_000, false, true]);
    expect(() => buffersOf(1 << 20, { sharedBytes: bytesMin - 1 })).toThrow(RangeError);
  });
});
