import { describe, expect, it } from 'vitest';
import { run } from './transaction-rig.ts';
import { simulateTransactions } from './transaction-simulation.ts';

// The same seeds every day, as in simulation.test.ts. `pnpm prove` makes 30,000 of them in CI.
const seed = Number(process.env['SIM_SEED'] ?? 1);
const transactions = Number(process.env['SIM_TRANSACTIONS'] ?? 2_500);

describe(`transactions of a broker whose disk fails and whose process dies, seed ${seed}`, () => {
  it('X1 take the same way for the same seed', async () => {
    const [first, second] = [await simulateTransactions(5), await simulateTransactions(5)];
    expect(second.digest).toBe(first.digest);
    expect((await simulateTransactions(6)).digest).not.toBe(first.digest);
  }, 60_000);

  it(
    `X1 X2 are atomic, isolated and exactly once over ${transactions} of them`,
    async () => {
      const report = await run({ transactions, seed });
      expect(report.failures).toEqual([]);
      const { committed, crashes } = report.notes as { committed: number; crashes: number };
      expect(committed).toBeGreaterThan(transactions / 3);
      expect(crashes).toBeGreaterThan(transactions / 1_000);
    },
    20 * 60_000,
  );
});
