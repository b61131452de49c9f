import { describe, expect, it } from 'vitest';
import { growthOf } from '../../src/mixed/growth.ts';

const MB = 1e6;
/** An hour, each two seconds: what is needed, and garbage that is collected every four minutes. */
const hour = (needed: (hours: number) => number): { atMs: number; bytes: number }[] =>
  Array.from({ length: 1_800 }, (_, index) => ({
    atMs: index * 2_000,
    bytes: needed(index / 1_800) + ((index * 7) % 840) * 0.1 * MB,
  }));

describe('growth of memory', () => {
  it('is none where garbage comes and goes, and caches fill in the beginning', () => {
    const { bytes, typicalBytes } = growthOf(hour((hours) => 100 * MB * Math.min(1, hours * 5)))!;
    expect(Math.abs(bytes)).toBeLessThan(0.5 * MB);
    expect(typicalBytes).toBeCloseTo(100 * MB, -6);
  });

  it('is found below garbage of many times its size', () => {
    expect(growthOf(hour((hours) => 100 * MB + 12 * MB * hours))!.bytesPerHour).toBeCloseTo(12 * MB, -6);
    expect(growthOf(hour((hours) => 100 * MB + 12 * MB * hours))!.bytes).toBeCloseTo(9 * MB, -6);
  });

  it('is not decided by one window that no collection fell into', () => {
    const samples = hour(() => 50 * MB).map((sample) =>
      sample.atMs > 3_300_000 ? { ...sample, bytes: sample.bytes + 80 * MB } : sample,
    );
    expect(Math.abs(growthOf(samples)!.bytes)).toBeLessThan(MB);
  });

  it('is not told from few samples', () => {
    expect(growthOf([])).toBeNull();
    expect(growthOf(hour(() => 0).slice(0, 20))).toBeNull();
  });
});
