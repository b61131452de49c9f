import { expect, it } from 'vitest';
import { run } from './connection-rig.ts';

const count = Number(process.env['FUZZ_CONNECTIONS'] ?? 300);
const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

it(
  `W3 B8 B1 ${count} connections of right, wrong, cut and swapped frames at both doors leave the broker serving, seed ${seed}`,
  { timeout: 120_000 + count * 200 },
  async () => {
    const report = await run({ count, seed });
    expect(report.failures).toEqual([]);
    expect(report.runs).toBe(count);
    expect(report.notes?.['honest records']).toBeGreaterThan(10);
  },
);
