import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
});

it('B1 Q1 the start example opens a door and says where', async () => {
  const printed: unknown[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(line));
  await import('../examples/start.ts');
  expect(printed).toEqual([expect.stringMatching(/^Kafka clients: bootstrap\.servers=127\.0\.0\.1:[1-9]\d*$/)]);
});
