import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, rawUnits } from '../../src/output/units.ts';

describe('units', () => {
  it('groups digits', () => {
    expect([0, 999, 1000, 200_000, 1_234_567_890].map(formatCount)).toEqual([
      '0',
      '999',
      '1,000',
      '200,000',
      '1,234,567,890',
    ]);
    expect(formatCount(-1234)).toBe('-1,234');
  });

  it('writes bytes in binary units', () => {
    expect([0, 1023, 1024, 1536, 1024 * 1024 - 1, 5 * 2 ** 30, 2 ** 53].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '1.5 KiB',
      '1.0 MiB',
      '5.0 GiB',
      '8.0 PiB',
    ]);
  });

  it('writes durations in the two units that matter', () => {
    expect(
      [0, 999, 1000, 12_345, 60_000, 90_000, 3_600_000, 12_000_000, 86_400_000, 100_000_000].map(formatDuration),
    ).toEqual(['0 ms', '999 ms', '1.0 s', '12.3 s', '1 min', '1 min 30 s', '1 h', '3 h 20 min', '1 d', '1 d 3 h']);
  });

  it('writes plain numbers when asked to', () => {
    expect([rawUnits.count(1234), rawUnits.bytes(2048), rawUnits.duration(1500)]).toEqual(['1234', '2048', '1500']);
  });
});
