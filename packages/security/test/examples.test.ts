import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
});

it('A3 Q1 the example of decisions prints what it says', async () => {
  const printed: unknown[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(line));
  await import('../examples/decide.ts');
  expect(printed).toEqual([true, true, false, 'deny']);
});
