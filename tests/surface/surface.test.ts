import { expect, it } from 'vitest';
import { whole } from '../part.ts';
import { run } from './surface-rig.ts';

const count = Number(process.env['SURFACE_CALLS'] ?? 400);
const seed = Number(process.env['SURFACE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

it(
  `W3 P1 C1 ${count} calls with anything for an argument, and what applications do with a client, end in a value or a QError, seed ${seed}`,
  { timeout: 60_000 + count * 100 },
  async () => {
    const report = await run({ count, seed, part: whole });
    expect(report.failures).toEqual([]);
    expect(report.runs).toBeGreaterThan(count);
  },
);
