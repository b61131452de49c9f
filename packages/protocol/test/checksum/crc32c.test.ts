import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c, crc32cOfPart, crc32cTable, nativeBytesMin } from '../../src/checksum/crc32c.ts';

describe('crc32c', () => {
  it('Z5 gives the published check value', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  it('gives the vectors of RFC 3720, B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  it('is the same from the table and from the addon, at every length around the threshold', () => {
    const bytes = Uint8Array.from({ length: nativeBytesMin * 2 }, (_, index) => (index * 31) ^ (index >> 3));
    for (let length = 0; length <= bytes.length; length += 1) {
      const part = bytes.subarray(length % 8, length);
      expect(crc32c(part)).toBe(crc32cTable(part));
    }
  });

  it('of a part is that of a view of the part, also where it ends early', () => {
    const bytes = Uint8Array.from({ length: nativeBytesMin * 2 }, (_, index) => (index * 31) ^ (index >> 3));
    for (let to = 0; to <= bytes.length + 9; to += 1) {
      const from = to % 23;
      expect(crc32cOfPart(bytes, from, to)).toBe(crc32c(bytes.subarray(from, to)));
    }
  });

  it('continues from the CRC of what came before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1200 }), fc.nat(), (bytes, cut) => {
        const at = bytes.length === 0 ? 0 : cut % bytes.length;
        expect(crc32c(bytes.subarray(at), crc32c(bytes.subarray(0, at)))).toBe(crc32c(bytes));
      }),
      { numRuns: 100 },
    );
  });

  it('loads no addon and no zlib until one is needed', () => {
    const entry = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
    const program = `
      const { createRequire } = await import('node:module');
      await import(process.argv[1]);
      const loaded = Object.keys(createRequire(process.argv[1]).cache).filter((path) => path.endsWith('.node'));
      process.stdout.write(JSON.stringify({ loaded, zlib: process.moduleLoadList.includes('NativeModule zlib') }));`;
    const child = spawnSync(process.execPath, ['--conditions=@q/source', '--input-type=module', '-e', program, entry], {
      encoding: 'utf8',
    });
    expect(child.stderr).toBe('');
    expect(JSON.parse(child.stdout)).toEqual({ loaded: [], zlib: false });
  });
});
