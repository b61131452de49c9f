import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';

it('Q1 the example runs and prints what its comments say, and the README shows it', async () => {
  const lines: unknown[][] = [];
  vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void lines.push(values));
  await import('../examples/hand-out-ids.ts');
  vi.restoreAllMocks();

  expect(lines).toEqual([
    [{ kind: 'wait' }, [{ kind: 'reserve-block', size: 1000 }]],
    [{ kind: 'identity', identity: { producerId: 3000, producerEpoch: 0 } }],
    [{ kind: 'identity', identity: { producerId: 3000, producerEpoch: 1 } }],
  ]);
  const [example, readme] = await Promise.all(
    ['../examples/hand-out-ids.ts', '../README.md'].map((path) => readFile(new URL(path, import.meta.url), 'utf8')),
  );
  expect(readme).toContain(example);
});
