import { describe, expect, it } from 'vitest';
import { LentMemory } from '../../src/batch/lent-memory.ts';

const bytesMin = 64 << 10;

function buffersOf(bytesMax: number, o: { detaches?: boolean; sharedBytes?: number } = {}): LentMemory {
  return new LentMemory({ bytesMin, bytesMax, ...o });
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
    expect([buffers.take(128 << 10), buffers.take(128 << 10)].map((each) => each.buffer)).toEqual([taken[4]?.buffer, taken[3]?.buffer]);
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

  describe('that small copies share', () => {
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
});
