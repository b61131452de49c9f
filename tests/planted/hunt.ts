/**
 * The child process of a hunt: runs simulations, seed after seed, until one fails or the time is up, and says so in one line.
 * `PLANTED_BUG` names the bug that its loader has put in.
 */
import { parseArgs } from 'node:util';
import { simulate } from '../simulation/simulation.ts';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, seconds: { type: 'string', default: '60' } } });
const endMs = performance.now() + Number(values.seconds) * 1000;
let seed = Number(values.seed);
let runs = 0;
let failure: string | null = null;
// Under a real broker that is the end of the process.
process.on('unhandledRejection', (error) => {
  failure ??= `unhandled rejection: ${String(error)}`;
});
for (; failure === null && performance.now() < endMs; seed += 1) {
  runs += 1;
  const found = await simulate(seed).then(
    ({ failures }) => failures[0] ?? null,
    (error: unknown) => `the run itself failed: ${String(error)}`,
  );
  failure ??= found;
}
process.stdout.write(`${JSON.stringify({ caught: failure !== null, seed: seed - 1, runs, failure })}\n`);
