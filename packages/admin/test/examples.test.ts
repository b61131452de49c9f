import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
});

it('O2 Q1 the start example asks for statistics', async () => {
  const printed: unknown[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(line));
  await import('../examples/start.ts');
  expect(printed).toEqual([expect.objectContaining({ status: 'ready', durability: 'memory' })]);
});
