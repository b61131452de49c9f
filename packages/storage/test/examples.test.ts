import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, it, vi } from 'vitest';

it('Q1 one-log appends, reads and closes', async () => {
  const directory = await mkdtemp(`${tmpdir()}/q-example-`);
  const lines: string[] = [];
  const { argv } = process;
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  process.argv = [process.execPath, 'one-log.ts', directory];
  try {
    await import('../examples/one-log.ts');
  } finally {
    process.argv = argv;
    vi.restoreAllMocks();
    await rm(directory, { recursive: true, force: true });
  }
  expect(lines).toEqual(['offsets 0 to 1 are on the disk', '0: ada = one book', '1: alan = two machines']);
});
