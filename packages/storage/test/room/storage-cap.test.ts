import { describe, expect, it } from 'vitest';
import { StorageCap } from '../../src/room/storage-cap.ts';
import type { StorageCapOptions } from '../../src/room/storage-cap.ts';

function cap(o: Partial<StorageCapOptions>): StorageCap {
  return new StorageCap({
    bytesMax: 1_000,
    whenFull: 'refuse',
    overshootBytesMax: 100,
    diskReserveBytes: 0,
    openLogs: () => 1,
    stats: { appendsRefusedFull: 0 },
    ...o,
  });
}

const user = { internal: false };
const internal = { internal: true };

describe('StorageCap', () => {
  it('S4 refuses what would pass the cap, with a retriable error, until room is made', () => {
    const stats = { appendsRefusedFull: 0 };
    const full = cap({ stats });
    full.add(900);
    full.admit(100, user);
    expect(() => full.admit(101, user)).toThrow(
      expect.objectContaining({
        code: 'STORAGE_FULL',
        retriable: true,
        details: expect.objectContaining({ limit: 'storageBytesMax', bytesMax: 1_000 }),
      }),
    );
    full.admit(101, internal);
    full.add(-1);
    full.admit(101, user);
    expect(stats.appendsRefusedFull).toBe(1);
    expect(full.needsRoom).toBe(0);
  });

  it('S4 lets drop-oldest overshoot while it says how much is to go', () => {
    let calls = 0;
    const dropping = cap({ whenFull: 'drop-oldest', onNeedsRoom: () => void (calls += 1) });
    dropping.add(1_000);
    expect(calls).toBe(0);
    dropping.add(50);
    expect([dropping.needsRoom, calls]).toEqual([50, 1]);
    dropping.admit(50, user);
    expect(() => dropping.admit(51, user)).toThrow(expect.objectContaining({ code: 'STORAGE_FULL' }));
  });

  it('S4 closes segments early enough that there is something to drop', () => {
    const sized = (o: Partial<StorageCapOptions>): number => cap({ whenFull: 'drop-oldest', ...o }).segmentBytesMax;
    expect(sized({ bytesMax: 1 << 30 })).toBe(1 << 28);
    expect(sized({ bytesMax: 1 << 30, openLogs: () => 16 })).toBe(1 << 24);
    expect(sized({ bytesMax: 1 << 30, openLogs: () => 1_000 })).toBe(1 << 22);
    expect(sized({ bytesMax: 8_000, openLogs: () => 100 })).toBe(1_000);
    expect(sized({ whenFull: 'refuse' })).toBe(Number.POSITIVE_INFINITY);
    expect(sized({ bytesMax: undefined })).toBe(Number.POSITIVE_INFINITY);
  });

  it('S4 lets repeats pass the cap under refuse, as far as drop-oldest may', () => {
    const full = cap({});
    full.add(1_000);
    full.admit(100, { internal: false, isRepeat: true });
    expect(() => full.admit(1, user)).toThrow(expect.objectContaining({ code: 'STORAGE_FULL' }));
    expect(() => full.admit(101, { internal: false, isRepeat: true })).toThrow(
      expect.objectContaining({ code: 'STORAGE_FULL' }),
    );
  });

  it('S4 has no cap unless one is given', () => {
    const open = cap({ bytesMax: undefined });
    open.add(1e15);
    open.admit(1e9, user);
    expect(open.needsRoom).toBe(0);
  });

  it('S4 refuses on low disk, counts appends between two looks, and leaves half the reserve to internal topics', () => {
    const disk = cap({ bytesMax: undefined, diskReserveBytes: 1_000 });
    disk.admit(1e9, user);
    const totalBytes = 1_000_000;
    disk.observeDisk({ freeBytes: 1_500, totalBytes });
    disk.admit(500, user);
    disk.add(400);
    expect(() => disk.admit(101, user)).toThrow(
      expect.objectContaining({
        code: 'STORAGE_FULL',
        details: expect.objectContaining({ limit: 'diskReserveBytes', freeBytes: 1_100 }),
      }),
    );
    disk.admit(600, internal);
    expect(() => disk.admit(601, internal)).toThrow(/kept in reserve/);
    disk.observeDisk({ freeBytes: totalBytes, totalBytes });
    disk.admit(101, user);
    // A twentieth of a disk of 10,000 bytes.
    disk.observeDisk({ freeBytes: 600, totalBytes: 10_000 });
    disk.admit(100, user);
    expect(() => disk.admit(101, user)).toThrow(/kept in reserve/);
  });
});
