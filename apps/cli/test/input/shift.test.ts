import { describe, expect, it } from 'vitest';
import { parseShift } from '../../src/input/shift.ts';

describe('shifts', () => {
  it.each([
    ['10', 10],
    ['+10', 10],
    ['-10', -10],
    ['0', 0],
  ])('G3 reads %s', (text, records) => {
    expect(parseShift(text)).toBe(records);
  });

  it.each(['', 'ten', '1.5', '--1', '1e3', '@-1h'])('G3 Q3 refuses %j', (text) => {
    expect(() => parseShift(text)).toThrow('expected a number of records such as 10 or -10');
  });
});
