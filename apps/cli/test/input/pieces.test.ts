import { array, assert, asyncProperty, constantFrom, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PieceTooLong, splitKey, splitPieces, wholeInput } from '../../src/input/pieces.ts';

async function* source(chunks: readonly (string | Buffer)[]): AsyncGenerator<Buffer, void, undefined> {
  for (const chunk of chunks) yield Promise.resolve(Buffer.from(chunk as string));
}

async function piecesOf(
  chunks: readonly (string | Buffer)[],
  { delimiter = '\n', bytesMax = 1000 }: { delimiter?: string; bytesMax?: number } = {},
): Promise<string[]> {
  const pieces: string[] = [];
  for await (const some of splitPieces(source(chunks), { delimiter: Buffer.from(delimiter, 'latin1'), bytesMax }))
    pieces.push(...some.map((piece) => piece.toString('latin1')));
  return pieces;
}

describe('pieces', () => {
  it('P1 keeps empty lines, carriage returns and a last line without its newline', async () => {
    expect(await piecesOf(['a\n\nb\r\nc'])).toEqual(['a', '', 'b\r', 'c']);
    expect(await piecesOf(['a\n'])).toEqual(['a']);
    expect(await piecesOf(['\n'])).toEqual(['']);
    expect(await piecesOf(['a\n\n'])).toEqual(['a', '']);
    expect(await piecesOf([])).toEqual([]);
    expect(await piecesOf([''])).toEqual([]);
  });

  it('P1 joins lines over any number of chunks', async () => {
    expect(await piecesOf(['a', 'b', '', 'c\nd', '\n', 'e'])).toEqual(['abc', 'd', 'e']);
  });

  it('O2 cuts at other delimiters, also where one lies across chunks', async () => {
    expect(await piecesOf(['a\nb\0c', '\0'], { delimiter: '\0' })).toEqual(['a\nb', 'c']);
    expect(await piecesOf(['a-', '-', 'b--', '--c-'], { delimiter: '--' })).toEqual(['a', 'b', '', 'c-']);
    expect(await piecesOf(['a\r', '\nb\nc\r\n'], { delimiter: '\r\n' })).toEqual(['a', 'b\nc']);
  });

  it('P1 cuts bytes alike however they are chunked', async () => {
    const bytes = uint8Array({ maxLength: 60 }).map((some) =>
      Buffer.from(some.map((byte) => (byte < 60 ? 0x0a : byte < 120 ? 0x0d : byte))),
    );
    await assert(
      asyncProperty(array(bytes, { maxLength: 6 }), constantFrom('\n', '\n\r', '\n\n\r'), async (chunks, delimiter) => {
        const expected = Buffer.concat(chunks).toString('latin1').split(delimiter);
        if (expected.at(-1) === '') expected.pop();
        expect(await piecesOf(chunks, { delimiter })).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('O2 holds no more in memory than a record may have', async () => {
    for (const delimiter of ['\n', '\r\n']) {
      let read = 0;
      const endless = (async function* () {
        yield Buffer.from(`one${delimiter}`);
        for (; ; read += 10) yield Buffer.from('0123456789');
      })();
      const seen: string[] = [];
      const reading = (async () => {
        for await (const some of splitPieces(endless, { delimiter: Buffer.from(delimiter), bytesMax: 95 }))
          seen.push(...some.map(String));
      })();
      await expect(reading).rejects.toThrow(PieceTooLong);
      expect(seen).toEqual(['one']);
      expect(read).toBeLessThanOrEqual(100);
    }
  });

  it('O2 makes one piece of a whole input, of an empty one too, within the same bound', async () => {
    const whole = async (chunks: readonly string[], bytesMax = 10): Promise<string> => {
      const pieces: string[] = [];
      for await (const some of wholeInput(source(chunks), { bytesMax })) pieces.push(...some.map(String));
      expect(pieces).toHaveLength(1);
      return String(pieces[0]);
    };
    expect(await whole(['a\n', 'b\n'])).toBe('a\nb\n');
    expect(await whole([])).toBe('');
    await expect(whole(['12345', '67890', '1'])).rejects.toThrow('it has more than 10 bytes');
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
