import { array, assert, asyncProperty, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitKey, splitLines } from '../../src/input/lines.ts';

async function linesOf(chunks: readonly (string | Buffer)[]): Promise<string[]> {
  async function* source(): AsyncGenerator<Buffer, void, undefined> {
    for (const chunk of chunks) yield Promise.resolve(Buffer.from(chunk as string));
  }
  const lines: string[] = [];
  for await (const some of splitLines(source())) lines.push(...some.map((line) => line.toString('latin1')));
  return lines;
}

describe('lines', () => {
  it('P1 keeps empty lines, carriage returns and a last line without its newline', async () => {
    expect(await linesOf(['a\n\nb\r\nc'])).toEqual(['a', '', 'b\r', 'c']);
    expect(await linesOf(['a\n'])).toEqual(['a']);
    expect(await linesOf(['\n'])).toEqual(['']);
    expect(await linesOf(['a\n\n'])).toEqual(['a', '']);
    expect(await linesOf([])).toEqual([]);
    expect(await linesOf([''])).toEqual([]);
  });

  it('P1 joins lines over any number of chunks', async () => {
    expect(await linesOf(['a', 'b', '', 'c\nd', '\n', 'e'])).toEqual(['abc', 'd', 'e']);
  });

  it('P1 cuts bytes alike however they are chunked', async () => {
    const bytes = uint8Array({ maxLength: 60 }).map((some) =>
      Buffer.from(some.map((byte) => (byte < 60 ? 0x0a : byte))),
    );
    await assert(
      asyncProperty(array(bytes, { maxLength: 6 }), async (chunks) => {
        const text = Buffer.concat(chunks).toString('latin1');
        const expected = text.split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(await linesOf(chunks)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('P1 separates the key at the first separator, which may have several bytes', () => {
    const split = (line: string, separator: string): [string | undefined, string] => {
      const { key, value } = splitKey(Buffer.from(line), Buffer.from(separator));
      return [key?.toString(), value.toString()];
    };
    expect(split('k:v:w', ':')).toEqual(['k', 'v:w']);
    expect(split('k => v', ' => ')).toEqual(['k', 'v']);
    expect(split(':v', ':')).toEqual(['', 'v']);
    expect(split('k:', ':')).toEqual(['k', '']);
    expect(split('no separator', ':')).toEqual([undefined, 'no separator']);
    expect(split('', ':')).toEqual([undefined, '']);
  });
});
