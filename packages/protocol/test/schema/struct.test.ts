import { describe, expect, it } from 'vitest';
import { array } from '../../src/schema/array.ts';
import { Reader } from '../../src/schema/reader.ts';
import { i16, i32, string } from '../../src/schema/scalars.ts';
import { field, struct } from '../../src/schema/struct.ts';
import type { Struct } from '../../src/schema/struct.ts';
import { Writer } from '../../src/schema/writer.ts';
import { hex } from '../hex.ts';

interface Grown {
  readonly id: number;
  readonly label: string;
  readonly note: string;
  readonly tags: readonly number[];
}

// A message as it looks after two versions: `note` and `tags` came later.
const grown: Struct<Grown> = struct('Grown', {
  id: field(i32, 'From the first day.'),
  label: field(string, 'From the first day.'),
  note: field(string, 'Since version 1.', { since: 1, value: '', ignorable: true }),
  tags: field(array(i16), 'Since version 2.', { since: 2, value: [], ignorable: false }),
});

function encode(version: number, value: Grown): Buffer {
  const writer = new Writer();
  grown.codec(version).encode(writer, value);
  return Buffer.concat(writer.finish());
}

const decode = (version: number, encoded: string): Grown => grown.codec(version).decode(new Reader(hex(encoded), 0));

const full: Grown = { id: 1, label: 'a', note: 'b', tags: [7] };

describe('struct', () => {
  it('W1 writes the fields that a version has, in their order', () => {
    expect(encode(2, full)).toEqual(hex('00000001 0161 0162 010007'));
    expect(encode(1, { ...full, tags: [] })).toEqual(hex('00000001 0161 0162'));
    expect(encode(0, { ...full, tags: [] })).toEqual(hex('00000001 0161'));
  });

  it('W1 gives fields that are newer than the message their declared value', () => {
    expect(decode(0, '000000010161')).toEqual({ id: 1, label: 'a', note: '', tags: [] });
    expect(decode(1, '0000000101610162')).toEqual({ id: 1, label: 'a', note: 'b', tags: [] });
    expect(decode(2, '0000000101610162010007')).toEqual(full);
  });

  it('W1 refuses to drop a value that an older version cannot carry', () => {
    expect(() => encode(1, full)).toThrow(
      expect.objectContaining({ path: '.tags', message: 'the field needs version 2' }),
    );
  });

  it('counts the fewest bytes by version', () => {
    expect([0, 1, 2].map((version) => grown.codec(version).bytesMin)).toEqual([5, 6, 7]);
  });

  it('names the field at fault', () => {
    expect(() => encode(2, { ...full, id: 2 ** 40 })).toThrow(expect.objectContaining({ path: '.id' }));
    expect(() => encode(2, { ...full, tags: [1, 2, 70_000] })).toThrow(expect.objectContaining({ path: '.tags[2]' }));
    expect(() => decode(2, '000000010161016201')).toThrow(expect.objectContaining({ path: '.tags' }));
  });

  it('refuses what is not an object', () => {
    expect(() => encode(2, null as unknown as Grown)).toThrow('null is not an object');
  });

  it('is data for tools', () => {
    expect(grown.shape.fields.map(({ name, since, kind }) => [name, since, kind.type])).toEqual([
      ['id', 0, 'i32'],
      ['label', 0, 'string'],
      ['note', 1, 'string'],
      ['tags', 2, 'array'],
    ]);
  });
});
