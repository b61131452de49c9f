import { expect, it, vi } from 'vitest';

it('the example runs and prints what its comments say', async () => {
  const lines: unknown[][] = [];
  vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void lines.push(values));
  await import('../examples/power-cut.ts');
  vi.restoreAllMocks();
  expect(lines).toEqual([['synced. not synced.'], ['synced. ']]);
});
