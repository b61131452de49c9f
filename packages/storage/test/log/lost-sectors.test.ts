import { MemoryFileSystem } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { hasLostSector } from '../../src/log/lost-sectors.ts';

/** A file of `sizeBytes` ones, with zeros in the given stretches. */
async function lost(o: { zeros: [number, number][]; from: number; to: number; blockBytes?: number }): Promise<boolean> {
  const bytes = Buffer.alloc(4_096, 1);
  for (const [from, to] of o.zeros) bytes.fill(0, from, to);
  const file = await new MemoryFileSystem().open('/f', 'create');
  await file.write([bytes], 0);
  return hasLostSector({ file, from: o.from, to: o.to, blockBytes: o.blockBytes ?? 1 << 20 });
}

describe('hasLostSector', () => {
  it('S2 sees a whole sector of zeros, wherever blocks end', async () => {
    for (const blockBytes of [512, 1_000, 1_024, 1 << 20]) {
      expect(await lost({ zeros: [[1_024, 1_536]], from: 100, to: 2_000, blockBytes })).toBe(true);
    }
  });

  it('S2 sees the rest of the sector in which the write began', async () => {
    expect(await lost({ zeros: [[100, 512]], from: 100, to: 2_000 })).toBe(true);
    expect(await lost({ zeros: [[505, 512]], from: 505, to: 2_000 })).toBe(false);
  });

  it('S2 sees a sector at whose end the next batch begins, with the zeros of its offset', async () => {
    expect(await lost({ zeros: [[0, 512]], from: 0, to: 508 })).toBe(true);
    expect(await lost({ zeros: [[0, 512]], from: 0, to: 504 })).toBe(false);
    expect(await lost({ zeros: [[0, 511]], from: 0, to: 508 })).toBe(false);
  });

  it('S2 takes neither flipped bits nor zeros inside a record for it', async () => {
    expect(await lost({ zeros: [], from: 0, to: 4_096 })).toBe(false);
    expect(await lost({ zeros: [[600, 1_500]], from: 512, to: 1_536 })).toBe(false);
    expect(await lost({ zeros: [[1_536, 2_048]], from: 512, to: 1_900 })).toBe(false);
    expect(await lost({ zeros: [[2_048, 2_560]], from: 512, to: 2_048 })).toBe(false);
  });
});
