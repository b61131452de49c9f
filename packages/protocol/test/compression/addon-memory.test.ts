import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('addon-memory.ts', import.meta.url));

describe('memory of the codecs that come as addons', () => {
  it('W3 stays small however many threads the pool has: 40 times 4 MiB', async () => {
    const env = { ...process.env, UV_THREADPOOL_SIZE: '24' };
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@q/source', program], { env });
    // Some 110 MB, 50 of which an empty program takes; 840 MB in the pool, as its threads keep what they have used.
    expect(Number(stdout)).toBeLessThan(220e6);
  });
});
