import { describe, expect, it } from 'vitest';
import { array } from '../../src/wire/array.ts';
import { WireFault } from '../../src/wire/fault.ts';
import type { Kind } from '../../src/wire/layout.ts';
import { WireReader } from '../../src/wire/reader.ts';
import {
  bool,
  bytes,
  float64,
  int16,
  int32,
  int64,
  int8,
  noUuid,
  records,
  string,
  uint16,
  uuid,
} from '../../src/wire/scalars.ts';
import { field, nullable, struct } from '../../src/wire/struct.ts';
import { WireWriter } from '../../src/wire/writer.ts';

const flexible = { version: 1, isFlexible: true };
const plain = { version: 0, isFlexible: false };

function hexOf<Out, In>(kind: Kind<Out, In>, value: In, layout = flexible): string {
  const writer = new WireWriter();
  kind.codec(layout).write(writer, value);
  return Buffer.concat(writer.finish()).toString('hex');
}

function read<Out, In>(kind: Kind<Out, In>, hex: string, layout = flexible): Out {
  const reader = new WireReader(Buffer.from(hex, 'hex'));
  const value = kind.codec(layout).read(reader);
  reader.end();
  return value;
}

describe('scalars', () => {
  it.each([
    [bool, true, '01'],
    [int8, -2, 'fe'],
    [int16, -2, 'fffe'],
    [uint16, 65_534, 'fffe'],
    [int32, -2, 'fffffffe'],
    [int64, -2, 'fffffffffffffffe'],
    [int64, Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
    [float64, 1.5, '3ff8000000000000'],
    [uuid, '01234567-89ab-cdef-0123-456789abcdef', '0123456789abcdef0123456789abcdef'],
    [uuid, noUuid, '00'.repeat(16)],
  ] as readonly (readonly [Kind<unknown>, unknown, string])[])('B1 writes and reads %#', (kind, value, hex) => {
    expect(hexOf(kind, value)).toBe(hex);
    expect(read(kind, hex)).toBe(value);
  });

  it('B1 has lengths of two and four bytes, and compact ones', () => {
    expect(hexOf(string, 'aé', plain)).toBe('000361c3a9');
    expect(hexOf(string, 'aé')).toBe('0461c3a9');
    expect(hexOf(bytes, Buffer.from('ab'), plain)).toBe('000000026162');
    expect(hexOf(bytes, Buffer.from('ab'))).toBe('036162');
    expect(hexOf(array(int8), [1, 2], plain)).toBe('000000020102');
    expect(hexOf(array(int8), [1, 2])).toBe('030102');
    expect(read(string, '000361c3a9', plain)).toBe('aé');
  });

  it('B1 has null where it is allowed, and from the version on that allows it', () => {
    const late = nullable(string, { since: 1 });
    expect(hexOf(nullable(string), null, plain)).toBe('ffff');
    expect(hexOf(late, null)).toBe('00');
    expect(read(nullable(array(int8)), 'ffffffff', plain)).toBeNull();
    expect(() => hexOf(late, null, plain)).toThrow(WireFault);
    expect(() => read(late, 'ffff', plain)).toThrow('null is not allowed here');
    expect(() => read(nullable(bytes), 'fffffffe', plain)).toThrow('neither a length nor null');
  });

  it('B1 sends long bytes by reference, and reads views', () => {
    const batch = Buffer.alloc(5000, 1);
    const writer = new WireWriter();
    records.codec(flexible).write(writer, [batch, batch]);
    int8.codec(flexible).write(writer, 7);
    const parts = writer.finish();
    expect(parts.filter((part) => part === batch)).toHaveLength(2);
    const whole = Buffer.concat(parts);
    const [view] = read(records, whole.subarray(0, -1).toString('hex'));
    expect(view!.equals(Buffer.concat([batch, batch]))).toBe(true);
  });

  it('B1 SEC-1, SEC-3: takes no length, count or number on trust', () => {
    expect(() => read(bytes, '7fffffff00', plain)).toThrow('bytes are needed');
    expect(() => read(array(int32), '7fffffff00', plain)).toThrow('do not fit');
    expect(() => read(array(int8), 'ffffffff0f00')).toThrow(WireFault);
    expect(() => read(int64, '7fffffffffffffff')).toThrow('2^53');
    expect(() => read(string, 'ffffffff1f00')).toThrow('larger than 32 bits');
    expect(() => read(string, '0002ff28', plain)).toThrow('UTF-8');
    expect(() => read(int8, '0102')).toThrow('1 bytes are left');
    expect(() => hexOf(int16, 40_000)).toThrow('does not fit');
    expect(() => hexOf(uuid, 'no')).toThrow('UUID');
  });

  it('B1 SEC-1: stops at a million elements, however small they are', () => {
    const empty = struct({});
    const body = Buffer.concat([Buffer.from('000f4241', 'hex'), Buffer.alloc(0)]).toString('hex');
    expect(() => read(array(empty), body, plain)).toThrow('more than 1000000 array elements');
  });
});

describe('structs', () => {
  const inner = struct({ a: int8, b: field(int8, { since: 1, blank: 9 }), c: field(int8, { until: 0, blank: 8 }) });

  it('B1 has each field in the versions that have it', () => {
    expect(hexOf(inner, { a: 1, c: 3 }, plain)).toBe('0103');
    expect(hexOf(inner, { a: 1, b: 2 })).toBe('010200');
    expect(read(inner, '0103', plain)).toEqual({ a: 1, b: 9, c: 3 });
    expect(read(inner, '010200')).toEqual({ a: 1, b: 2, c: 8 });
  });

  it('B1 has a null struct', () => {
    expect(hexOf(nullable(inner), null)).toBe('ff');
    expect(hexOf(nullable(inner), { a: 1, b: 2 })).toBe('01010200');
    expect(read(nullable(inner), 'ff')).toBeNull();
  });

  const tagged = struct({
    name: string,
    late: field(int32, { since: 1, tag: 1, blank: -1 }),
    early: field(array(int8), { since: 1, tag: 0, blank: [] }),
  });

  it('B1 leaves blank tagged fields out, and writes the others by tag', () => {
    expect(hexOf(tagged, { name: 'a' })).toBe('026100');
    expect(hexOf(tagged, { name: 'a', late: -1, early: [] })).toBe('026100');
    expect(hexOf(tagged, { name: 'a', late: 5, early: [7] })).toBe('02610200020207010400000005');
    expect(hexOf(tagged, { name: 'a', late: 5 }, plain)).toBe('000161');
    expect(read(tagged, '0261020002020701040000 0005'.replace(' ', ''))).toEqual({ name: 'a', late: 5, early: [7] });
    expect(read(tagged, '026100')).toEqual({ name: 'a', late: -1, early: [] });
  });

  it('B1 passes over tagged fields that it does not know', () => {
    expect(read(tagged, '026102010400000005 6302abcd'.replace(' ', ''))).toEqual({ name: 'a', late: 5, early: [] });
  });

  it('B1 refuses tagged fields out of order, twice, of a wrong size, or too many', () => {
    expect(() => read(tagged, '0261020104000000050104000000 05'.replace(' ', ''))).toThrow('comes behind');
    expect(() => read(tagged, '02610101050000000500')).toThrow('does not have the size');
    expect(() => read(tagged, '0261914e')).toThrow('10001 tagged fields are too many');
  });

  it('B1 says where a fault is', () => {
    const outer = struct({ list: array(struct({ name: string })) });
    expect(() => read(outer, '030261000561')).toThrow(/^list\[1\]\.name: /);
  });
});
