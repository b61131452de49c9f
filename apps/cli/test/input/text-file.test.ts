import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readTextFile } from '../../src/input/text-file.ts';

const never = new AbortController().signal;

describe('files as text', () => {
  it('reads standard input whole, also where a character is cut in two', async () => {
    const bytes = Buffer.from('é\n');
    expect(await readTextFile('-', Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]), never)).toBe('é\n');
  });

  it('Q3 stops reading what cannot be meant', async () => {
    const mebibyte = Buffer.alloc(1 << 20);
    let read = 0;
    const endless = Readable.from(
      (function* chunks() {
        for (;;) {
          read += 1;
          yield mebibyte;
        }
      })(),
    );
    await expect(readTextFile('-', endless, never)).rejects.toThrow('- cannot be read: it has more than 64 MiB');
    expect(read).toBeLessThan(200);
  });

  it('Q3 says that there is no such file', async () => {
    await expect(readTextFile('nowhere/at-all', Readable.from([]), never)).rejects.toThrow(
      'nowhere/at-all cannot be read: there is no such file',
    );
  });
});
