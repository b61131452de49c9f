import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
});

it('A3 the example of names that are created once prints what it says', async () => {
  const printed: unknown[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(line));
  await import('../examples/create-once.ts');
  expect(printed).toEqual(['created', 'taken', 'mine']);
});
