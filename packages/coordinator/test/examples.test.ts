import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';

/** What each line of output is, as the comment behind it says. */
const examples: readonly (readonly [file: string, lines: readonly (readonly unknown[])[]])[] = [
  [
    'hand-out-ids.ts',
    [
      [{ kind: 'wait' }, [{ kind: 'reserve-block', size: 1000 }]],
      [{ kind: 'identity', identity: { producerId: 3000, producerEpoch: 0 } }],
      [{ kind: 'identity', identity: { producerId: 3000, producerEpoch: 1 } }],
    ],
  ],
  [
    'share-partitions.ts',
    [
      [{ assignment: [0, 1, 2, 3], records: 2, wake: [] }],
      [{ assignment: null, records: 3, wake: ['ada'] }],
      [{ assignment: [0, 1], records: 1, wake: [] }],
      [{ assignment: [0, 1], records: 1, wake: ['alan'] }],
      [{ assignment: [2, 3], records: 1, wake: [] }],
      ['stable'],
    ],
  ],
];

it.each(examples)(
  'Q1 the example %s runs and prints what its comments say, and the README shows it',
  async (file, expected) => {
    const lines: unknown[][] = [];
    vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void lines.push(values));
    await import(`../examples/${file}`);
    vi.restoreAllMocks();

    expect(lines).toEqual(expected);
    const [example, readme] = await Promise.all(
      [`../examples/${file}`, '../README.md'].map((path) => readFile(new URL(path, import.meta.url), 'utf8')),
    );
    expect(readme).toContain(example);
  },
);
