import { describe, expect, it } from 'vitest';
import { RespEntries } from '../../src/peers/resp-entries.ts';

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

function answer(entries: readonly (readonly [id: string, value: string])[]): Buffer {
  const list = entries.map(([id, value]) => `*2\r\n${bulk(id)}*2\r\n${bulk('v')}${bulk(value)}`).join('');
  return Buffer.from(`*1\r\n*2\r\n${bulk('bench')}*${entries.length}\r\n${list}`);
}

const first = answer([
  ['1700000000000-0', 'one'],
  // A value that looks like what surrounds it.
  ['1700000000000-1', '*2\r\n$3\r\n'],
]);
const second = answer([['1700000000007-0', '']]);

describe('answers to XREAD', () => {
  it('count entries and bytes of values, and end with the last id', () => {
    const entries = new RespEntries();
    expect(entries.push(first)).toBe(true);
    expect([entries.entries, entries.valueBytes, entries.lastId]).toEqual([2, 11, '1700000000000-1']);
    expect(entries.push(second)).toBe(true);
    expect([entries.entries, entries.valueBytes, entries.lastId]).toEqual([3, 11, '1700000000007-0']);
  });

  it('may arrive byte by byte', () => {
    const entries = new RespEntries();
    const completeAt: number[] = [];
    const bytes = Buffer.concat([first, second]);
    for (let at = 0; at < bytes.length; at += 1) if (entries.push(bytes.subarray(at, at + 1))) completeAt.push(at + 1);
    expect(completeAt).toEqual([first.length, bytes.length]);
    expect([entries.entries, entries.valueBytes, entries.lastId]).toEqual([3, 11, '1700000000007-0']);
  });

  it('may be that there is nothing', () => {
    const entries = new RespEntries();
    expect(entries.push(Buffer.from('*-1\r\n'))).toBe(true);
    expect(entries.entries).toBe(0);
  });

  it('may be an error, which is thrown', () => {
    expect(() => new RespEntries().push(Buffer.from('-WRONGTYPE Operation against a key\r\n'))).toThrow('WRONGTYPE');
  });
});
