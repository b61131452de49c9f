import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { protocolLimits } from '../../src/index.ts';
import type { Kind } from '../../src/index.ts';
import { Reader } from '../../src/schema/reader.ts';
import {
  bool,
  bytes,
  i16,
  i32,
  i64,
  i8,
  nullableBytes,
  nullableString,
  string,
  u16,
  u32,
  uuid,
} from '../../src/schema/scalars.ts';
import { Writer } from '../../src/schema/writer.ts';
import { hex } from '../hex.ts';
import { i64Edges } from './arbitrary.ts';

function encode<T>(kind: Kind<T>, value: T): Buffer {
  const writer = new Writer();
  kind.codec(0).encode(writer, value);
  return Buffer.concat(writer.finish());
}

function decode<T>(kind: Kind<T>, encoded: Buffer): T {
  const reader = new Reader(encoded, 0);
  const value = kind.codec(0).decode(reader);
  expect(reader.remaining).toBe(0);
  return value;
}

describe('scalars', () => {
  it.each([
    ['bool', bool, true, '01'],
    ['i8', i8, -2, 'fe'],
    ['i16', i16, -2, 'fffe'],
    ['u16', u16, 0xfffe, 'fffe'],
    ['i32', i32, -2, 'fffffffe'],
    ['i32', i32, 0x514c4f47, '514c4f47'],
    ['u32', u32, 0xfffffffe, 'fffffffe'],
    ['i64', i64, -2, 'fffffffffffffffe'],
    ['i64', i64, 2 ** 53 - 1, '001fffffffffffff'],
    ['string', string, '', '00'],
    ['string', string, 'é', '02c3a9'],
    ['nullableString', nullableString, null, '00'],
    ['nullableString', nullableString, '', '01'],
    ['nullableString', nullableString, 'a', '0261'],
    ['bytes', bytes, hex('ff00'), '02ff00'],
    ['nullableBytes', nullableBytes, null, '00'],
    ['nullableBytes', nullableBytes, hex(''), '01'],
    ['uuid', uuid, '01234567-89ab-cdef-0123-456789abcdef', '0123456789abcdef0123456789abcdef'],
  ] as [string, Kind<unknown>, unknown, string][])('W1 %s has its documented bytes', (_name, kind, value, expected) => {
    expect(encode(kind, value).toString('hex')).toBe(expected);
    expect(decode(kind, hex(expected))).toEqual(value);
  });

  it.each(i64Edges)('carries %d as BigInt would write it', (value) => {
    const expected = Buffer.alloc(8);
    expected.writeBigInt64BE(BigInt(value));
    expect(encode(i64, value)).toEqual(expected);
    expect(decode(i64, expected)).toBe(value);
  });

  it('writes any i64 as BigInt would', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const encoded = encode(i64, value);
        expect(encoded.readBigInt64BE()).toBe(BigInt(value));
        expect(decode(i64, encoded)).toBe(value);
      }),
      { numRuns: 200 },
    );
  });

  it('A2, SEC-3: refuses an i64 beyond 2^53-1 rather than round it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        fc.pre(value > 2n ** 53n - 1n || value < -(2n ** 53n - 1n));
        const encoded = Buffer.alloc(8);
        encoded.writeBigInt64BE(value);
        expect(() => decode(i64, encoded)).toThrow('beyond 2^53-1');
      }),
      { numRuns: 200 },
    );
    for (const edge of ['0020000000000000', 'ffe0000000000000', '7fffffffffffffff', '8000000000000000']) {
      expect(() => decode(i64, hex(edge))).toThrow('beyond 2^53-1');
    }
  });

  it.each([
    ['i8', i8, 128],
    ['i8', i8, -129],
    ['i16', i16, 0x8000],
    ['u16', u16, -1],
    ['u16', u16, 0x1_0000],
    ['i32', i32, 0x8000_0000],
    ['u32', u32, -1],
    ['u32', u32, 2 ** 32],
    ['i64', i64, 2 ** 53],
    ['i64', i64, 1.5],
    ['i64', i64, Number.NaN],
    ['i64', i64, 5n],
    ['i32', i32, undefined],
    ['i32', i32, '5'],
    ['bool', bool, 1],
    ['string', string, null],
    ['string', string, 5],
    ['string', string, '\ud800'],
    ['string', string, 'x'.repeat(protocolLimits.stringBytesMax + 1)],
    ['string', string, 'é'.repeat(protocolLimits.stringBytesMax / 2 + 1)],
    ['nullableString', nullableString, undefined],
    ['bytes', bytes, 'text'],
    ['bytes', bytes, null],
    ['uuid', uuid, '0123456789abcdef0123456789abcdef'],
    ['uuid', uuid, '01234567-89ab-cdef-0123-456789abcdeg'],
    ['uuid', uuid, '01234567-89ab-cdef-0123-456789abcde'],
    ['uuid', uuid, '01234567089ab-cdef-0123-456789abcdef'],
    ['uuid', uuid, '0123456é-89ab-cdef-0123-456789abcdef'],
  ] as [string, Kind<unknown>, unknown][])('refuses to write %s %s', (_name, kind, value) => {
    expect(() => encode(kind, value)).toThrow(/./);
  });

  it.each([
    ['a boolean of 2', bool, '02', 'a boolean is 0 or 1, not 2'],
    ['an i32 of 3 bytes', i32, '000000', '4 bytes are needed, 3 remain'],
    ['a string that is cut', string, '0361', '3 bytes are needed, 1 remain'],
    ['a string with a lone continuation byte', string, '0180', 'not valid UTF-8'],
    ['a string with an overlong slash', string, '02c0af', 'not valid UTF-8'],
    ['a string with half a surrogate pair', string, '03eda080', 'not valid UTF-8'],
    ['a string beyond the limit', string, '808002', 'longer than 32767'],
    ['bytes with a huge length', bytes, 'ffffffff0f00', '4294967295 bytes are needed, 1 remain'],
    ['a length of more than 32 bits', bytes, 'ffffffff1f', 'larger than 32 bits'],
    ['a length that never ends', bytes, 'ffffffffffff', 'larger than 32 bits'],
    ['a length that is not in its shortest form', bytes, '8000', 'shortest form'],
    ['nothing at all', string, '', '1 bytes are needed, 0 remain'],
  ] as [string, Kind<unknown>, string, string][])('W1 refuses to read %s', (_name, kind, encoded, reason) => {
    expect(() => decode(kind, hex(encoded))).toThrow(reason);
  });

  it('accepts a replacement character that was really sent', () => {
    expect(decode(string, encode(string, 'a\ufffdb'))).toBe('a\ufffdb');
  });

  it('keeps a byte order mark', () => {
    expect(decode(string, encode(string, '\ufeffa'))).toBe('\ufeffa');
  });

  it('reads upper case in a UUID and gives lower case back', () => {
    expect(decode(uuid, encode(uuid, 'ABCDEF01-89AB-CDEF-0123-456789ABCDEF'))).toBe(
      'abcdef01-89ab-cdef-0123-456789abcdef',
    );
  });

  it.each([0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456, 2 ** 32 - 1])(
    'carries the length %d in its shortest form',
    (value) => {
      const writer = new Writer();
      writer.varint(value);
      const encoded = Buffer.concat(writer.finish());
      expect(encoded.length).toBe(Math.max(1, Math.ceil(Math.log2(value + 1) / 7)));
      expect(new Reader(encoded, 0).varint()).toBe(value);
    },
  );
});
