import { ManualClock } from '@q/testkit';
import { expect, it } from 'vitest';
import { BudgetWatch } from '../../src/transport/budget-watch.ts';
import { ByteBudget } from '../../src/transport/byte-budget.ts';
import { SaidLines } from '../fakes/said-lines.ts';

it('O5 says once that memory is over its budget, and once that it is well within it again', async () => {
  const said = new SaidLines();
  const clock = new ManualClock();
  const watch = new BudgetWatch({ clock, logger: said.logger, limitBytes: () => 100, connections: () => 3 });
  const budget = new ByteBudget({ softBytes: 100, hardBytes: 200 }, watch);
  budget.adjust(100);
  expect(said.lines).toEqual([]);
  for (let round = 0; round < 20; round += 1) {
    budget.adjust(20);
    budget.adjust(-20);
  }
  budget.refused();
  budget.refused();
  await clock.advance(2_000);
  budget.adjust(-49);
  expect(said.events).toEqual(['memory.over_budget']);
  budget.adjust(-2);
  expect(said.lines).toEqual([
    { level: 'warn', event: 'memory.over_budget', heldBytes: 120, limitBytes: 100, connections: 3 },
    { level: 'info', event: 'memory.within_budget', heldBytes: 49, limitBytes: 100, refused: 2, forMs: 2_000 },
  ]);
});
