import { expect, it } from 'vitest';
import { run } from './bank-rig.ts';

// `pnpm prove` does it for longer, and the whole proof for five minutes.
const seconds = Number(process.env['BANK_SECONDS'] ?? 8);
const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

it(
  `X2 no money is lost or made while broker and workers are killed for ${seconds} s, seed ${seed}`,
  async () => {
    const report = await run({ seconds, seed });
    expect(report.failures).toEqual([]);
    expect(report.runs).toBeGreaterThan(seconds * 10);
  },
  (seconds + 180) * 1_000,
);
