import { deepStrictEqual } from 'node:assert';
import { CannotError } from '../client-program.ts';
import { runCommand } from '../clients/command.ts';
import { section } from '../feature.ts';
import type { Feature } from '../feature.ts';
import type { Stage } from '../stage.ts';

const lines = ['customer-7 ordered a table', 'customer-7 ordered six chairs', 'customer-7 ordered two lamps'];

/** It sends three orders, and reads what its group has not read yet. */
async function runExample(stage: Stage): Promise<void> {
  const [program, ...args] = stage.example ?? [];
  if (program === undefined) throw new CannotError('there is none');
  for (const time of ['once', 'again']) {
    const output = await runCommand(program, [...args, stage.broker.bootstrap]);
    deepStrictEqual(output.trim().split('\n').toSorted(), lines, time);
  }
}

export const examples: readonly Feature[] = section('Examples', { 'its program in examples/kafka': runExample });
