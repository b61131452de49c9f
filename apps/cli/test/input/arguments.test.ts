import { describe, expect, it } from 'vitest';
import { parseTimeout } from '../../src/input/duration.ts';
import { unescapeBytes } from '../../src/input/escapes.ts';
import { parsePair } from '../../src/input/pairs.ts';
import { parsePartitionList } from '../../src/input/partition-list.ts';
import { parseWholeNumber } from '../../src/input/whole-number.ts';

describe('arguments', () => {
  it('reads time limits; a number alone is seconds', () => {
    expect([parseTimeout('5'), parseTimeout('0.5'), parseTimeout('500ms'), parseTimeout('1m30s')]).toEqual([
      5000, 500, 500, 90_000,
    ]);
    for (const text of ['', '0', '0s', '-5', '5 s', '5x', '25d', 'soon'])
      expect(() => parseTimeout(text)).toThrow('expected a time');
  });

  it('reads lists of partitions, over several flags', () => {
    expect(parsePartitionList('3')).toEqual([3]);
    expect(parsePartitionList('5-7,0, 2')).toEqual([0, 2, 5, 6, 7]);
    expect(parsePartitionList('1', parsePartitionList('0-2'))).toEqual([0, 1, 2]);
    for (const text of ['', 'a', '-1', '1-', '3-1', '1-2-3', '1,,2', '0-99999999'])
      expect(() => parsePartitionList(text)).toThrow('expected');
  });

  it('reads pairs at the first equals sign, in order, each name once', () => {
    expect(parsePair('b=2', parsePair('a=x=y'))).toEqual([
      { name: 'a', value: 'x=y' },
      { name: 'b', value: '2' },
    ]);
    expect(parsePair('a=')).toEqual([{ name: 'a', value: '' }]);
    for (const text of ['', 'a', '=1', ' =1']) expect(() => parsePair(text)).toThrow('expected name=value');
    expect(() => parsePair('a=2', parsePair('a=1'))).toThrow('a is given twice');
  });

  it('reads whole numbers in a range', () => {
    expect(parseWholeNumber('7', { min: 1, max: 7 })).toBe(7);
    for (const text of ['0', '8', '1.0', '1e0', '', ' 1', '99999999999999999']) {
      expect(() => parseWholeNumber(text, { min: 1, max: 7 })).toThrow('expected a whole number from 1 to 7');
    }
    expect(() => parseWholeNumber('-1', { min: 0, max: Number.MAX_SAFE_INTEGER })).toThrow('of at least 0');
  });

  it('reads escapes as bytes', () => {
    expect([...unescapeBytes('a\\tb\\n\\r\\0\\e\\\\\\x00\\xfF')]).toEqual([97, 9, 98, 10, 13, 0, 27, 92, 0, 255]);
    expect(unescapeBytes('é')).toEqual(Buffer.from('é'));
    expect(unescapeBytes('')).toHaveLength(0);
    for (const text of ['\\q', 'a\\', '\\xZZ', '\\x1']) expect(() => unescapeBytes(text)).toThrow('is not an escape');
  });
});
