import { fileURLToPath } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadCodecAddon } from '../../src/compression/addon.ts';
import { Codec, codecName, codecNames, compress, decompress } from '../../src/compression/codec.ts';
import { errorOf } from '../error-of.ts';

const text = Buffer.from('the quick brown fox jumps over the lazy dog; '.repeat(500));
const compressing = codecNames.filter((name) => name !== 'none');
const bytesMax = 1 << 20;

describe('codec numbers', () => {
  it('P3 are those of the public format', () => {
    expect(Codec).toEqual({ none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 });
    expect(codecNames.map((name) => Codec[name])).toEqual([0, 1, 2, 3, 4]);
    expect(codecName(3)).toBe('lz4');
  });

  it('refuses a number that names no codec', () => {
    expect(errorOf(() => codecName(5))).toMatchObject({ code: 'UNSUPPORTED_CODEC', details: { codec: 5 } });
  });
});

describe.each(codecNames)('codec %s', (codec) => {
  it('P3 C3 gives back what it compressed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (input) => {
        const bytes = Buffer.from(input);
        expect(decompress(codec, compress(codec, bytes), bytesMax).equals(bytes)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('gives back a megabyte, and exactly at the limit', () => {
    const bytes = Buffer.alloc(bytesMax, text);
    expect(decompress(codec, compress(codec, bytes), bytes.length).equals(bytes)).toBe(true);
  });

  it('A2, SEC-3: refuses anything at a limit of nothing', () => {
    expect(errorOf(() => decompress(codec, compress(codec, Buffer.from('x')), 0)).code).toBe('BATCH_TOO_LARGE');
  });

  it('A2, SEC-3: refuses one byte over the limit', () => {
    const bytes = Buffer.alloc(100_000, text);
    expect(errorOf(() => decompress(codec, compress(codec, bytes), bytes.length - 1))).toMatchObject({
      code: 'BATCH_TOO_LARGE',
    });
  });
});

describe.each(compressing)('untrusted %s data', (codec) => {
  const whole = compress(codec, text);

  it('makes text smaller', () => {
    expect(whole.length).toBeLessThan(text.length / 4);
  });

  it('is refused when cut off anywhere', () => {
    for (let length = 0; length < whole.length; length += 1 + Math.floor(length / 16)) {
      expect(errorOf(() => decompress(codec, whole.subarray(0, length), bytesMax))).toMatchObject({
        code: 'CORRUPT_BATCH',
      });
    }
  });

  it.each([1, 3, 4, 9])('is refused when %d bytes follow it', (count) => {
    for (const fill of [0x00, 0x5a, 0xff]) {
      const longer = Buffer.concat([whole, Buffer.alloc(count, fill)]);
      expect(errorOf(() => decompress(codec, longer, bytesMax))).toMatchObject({ code: 'CORRUPT_BATCH' });
    }
  });

  it('never fails with anything but a QError, and never passes the limit', () => {
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const damaged = Buffer.from(whole);
        damaged[at] = (damaged[at] as number) ^ mask;
        expect(outcome(codec, damaged, text.length)).toMatch(/^(output|CORRUPT_BATCH|BATCH_TOO_LARGE)$/);
      }),
      { numRuns: 150 },
    );
  });

  it('is no QError-less crash when it is random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(outcome(codec, Buffer.from(bytes), 4096)).toMatch(/^(output|CORRUPT_BATCH|BATCH_TOO_LARGE)$/);
      }),
      { numRuns: 150 },
    );
  });
});

describe.each(['gzip', 'snappy', 'zstd'] as const)('damaged %s data', (codec) => {
  it('carries the codec error as cause', () => {
    const damaged = compress(codec, text);
    damaged.fill(0xff, Math.floor(damaged.length / 4), damaged.length - 8);
    const error = errorOf(() => decompress(codec, damaged, bytesMax));
    expect(error).toMatchObject({ code: 'CORRUPT_BATCH', details: { codec } });
    expect(error.cause).toBeInstanceOf(Error);
  });
});

describe('bombs', () => {
  it.each(compressing)('A2, SEC-3: %s, 32 MiB of zeros are refused at a limit of 1 MiB', (codec) => {
    const bomb = compress(codec, Buffer.alloc(32 << 20));
    expect(errorOf(() => decompress(codec, bomb, bytesMax))).toMatchObject({
      code: 'BATCH_TOO_LARGE',
      details: { bytesMax },
    });
  });

  it('gzip: a trailer that declares less than there is does not help', () => {
    const bomb = gzipSync(Buffer.alloc(8 << 20));
    bomb.writeUInt32LE(10, bomb.length - 4);
    expect(errorOf(() => decompress('gzip', bomb, bytesMax)).code).toMatch(/CORRUPT_BATCH|BATCH_TOO_LARGE/);
  });

  it('zstd: several frames count together', () => {
    const frame = zstdCompressSync(Buffer.alloc(600_000));
    expect(decompress('zstd', frame, bytesMax)).toHaveLength(600_000);
    expect(errorOf(() => decompress('zstd', Buffer.concat([frame, frame]), bytesMax))).toMatchObject({
      code: 'BATCH_TOO_LARGE',
    });
    expect(decompress('zstd', Buffer.concat([frame, frame]), 1_200_000)).toHaveLength(1_200_000);
  });
});

describe('zstd frames', () => {
  const first = zstdCompressSync('first ');
  const second = zstdCompressSync('second');
  const skippable = Buffer.from('502a4d1803000000aabbcc', 'hex');

  it('C3 are read one after another, skippable ones passed over', () => {
    const frames = Buffer.concat([skippable, first, skippable, second, skippable]);
    expect(decompress('zstd', frames, 12).toString()).toBe('first second');
    expect(errorOf(() => decompress('zstd', frames, 11)).code).toBe('BATCH_TOO_LARGE');
    expect(decompress('zstd', Buffer.concat([first, zstdCompressSync('')]), 6).toString()).toBe('first ');
  });

  it('are refused when a skippable one is cut off, or there is no other', () => {
    expect(errorOf(() => decompress('zstd', skippable, 100)).code).toBe('CORRUPT_BATCH');
    expect(errorOf(() => decompress('zstd', Buffer.concat([first, skippable.subarray(0, 10)]), 100)).code).toBe(
      'CORRUPT_BATCH',
    );
  });
});

describe('loadCodecAddon', () => {
  it('says which addon is missing, where, and what to do', () => {
    const error = errorOf(() => loadCodecAddon({ codec: 'lz4', packageName: '@q/no-such-addon' }));
    expect(error).toMatchObject({ code: 'UNSUPPORTED_CODEC', details: { codec: 'lz4', package: '@q/no-such-addon' } });
    expect(error.message).toContain('run "npm install @q/no-such-addon"; or use gzip or zstd');
    expect(error.cause).toMatchObject({ code: 'MODULE_NOT_FOUND' });
  });

  it('tells an addon that cannot run here from one that is missing', () => {
    // A module that throws when it is loaded, as an addon without a build for the platform does.
    const packageName = fileURLToPath(new URL('addon-without-build.cjs', import.meta.url));
    const error = errorOf(() => loadCodecAddon({ codec: 'lz4', packageName }));
    expect(error).toMatchObject({ code: 'UNSUPPORTED_CODEC' });
    expect(error.message).toContain('installed but could not be loaded');
    expect(error.message).not.toContain('npm install');
  });
});

function outcome(codec: (typeof codecNames)[number], bytes: Buffer, limit: number): string {
  let output: Buffer;
  try {
    output = decompress(codec, bytes, limit);
  } catch (error) {
    return (error as { code: string }).code;
  }
  return output.length <= limit ? 'output' : 'too long';
}
