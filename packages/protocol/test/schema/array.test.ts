import { describe, expect, it } from 'vitest';
import { protocolLimits } from '../../src/index.ts';
import type { Kind } from '../../src/index.ts';
import { array, nullableArray } from '../../src/schema/array.ts';
import { Reader } from '../../src/schema/reader.ts';
import { bool, i32, string } from '../../src/schema/scalars.ts';
import { struct } from '../../src/schema/struct.ts';
import { Writer } from '../../src/schema/writer.ts';

function encode<T>(kind: Kind<T>, value: T): string {
  const writer = new Writer();
  kind.codec(0).encode(writer, value);
  return Buffer.concat(writer.finish()).toString('hex');
}

function decode<T>(kind: Kind<T>, encoded: Buffer | string): T {
  return kind.codec(0).decode(new Reader(Buffer.isBuffer(encoded) ? encoded : Buffer.from(encoded, 'hex'), 0));
}

describe('arrays', () => {
  it.each([
    [[], '00'],
    [[5, -1], '0200000005ffffffff'],
  ])('carry %j', (value, encoded) => {
    expect(encode(array(i32), value)).toBe(encoded);
    expect(decode(array(i32), encoded)).toEqual(value);
  });

  it.each([
    [null, '00'],
    [[], '01'],
    [['a'], '020161'],
  ])('tell null from empty: %j', (value, encoded) => {
    expect(encode(nullableArray(string), value)).toBe(encoded);
    expect(decode(nullableArray(string), encoded)).toEqual(value);
  });

  it('nest', () => {
    const kind = array(array(string));
    expect(decode(kind, encode(kind, [['a', 'b'], [], ['c']]))).toEqual([['a', 'b'], [], ['c']]);
  });

  it('A2, SEC-1: refuse a count that the bytes cannot hold before they read one element', () => {
    expect(() => decode(array(i32), '0300000000')).toThrow('3 elements do not fit in the 4 bytes that remain');
    expect(() => decode(array(bool), 'ffffffff0f01')).toThrow(
      '4294967295 elements do not fit in the 1 bytes that remain',
    );
    expect(() => decode(nullableArray(i32), '0300000000')).toThrow('2 elements do not fit');
  });

  it('A2, SEC-1: bound the elements of one message, all its arrays together', () => {
    const half = protocolLimits.arrayElementsMax / 2;
    const kind = array(array(bool));
    const inner = new Writer();
    inner.varint(half);
    const one = Buffer.concat([...inner.finish(), Buffer.alloc(half)]);
    expect(() => decode(kind, Buffer.concat([Buffer.from([2]), one, one]))).toThrow('more than 1000000 array elements');
  });

  it('name the element at fault', () => {
    const kind = array(array(bool));
    expect(() => encode(kind, [[true], [true, 5 as unknown as boolean]])).toThrow(
      expect.objectContaining({ path: '[1][1]' }),
    );
    expect(() => decode(kind, '020101020003')).toThrow(expect.objectContaining({ path: '[1][1]' }));
  });

  it('refuse what is not an array', () => {
    expect(() => encode(array(i32), 5 as unknown as number[])).toThrow('5 is not an array');
  });

  it('cannot be declared with elements of no bytes', () => {
    expect(() => array(struct<Record<string, never>>('Nothing', {})).codec(0)).toThrow('at least one byte');
  });
});
