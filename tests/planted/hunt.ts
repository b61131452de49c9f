/**
 * The child process of a hunt: runs simulations, seed after seed, until one fails or the time is up, and says so in one
 * line. Time is the processor's: what else the machine does is of no interest.
 * `PLANTED_BUG` names the bug that its loader has put in.
 */
import { parseArgs } from 'node:util';
import { parseProfile } from '../simulation/simulation-profile.ts';
import { simulate } from '../simulation/simulation.ts';
import { simulateTransactions } from '../simulation/transactions/transaction-simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    profile: { type: 'string' },
    kafka: { type: 'boolean', default: false },
    transactions: { type: 'boolean', default: false },
  },
});
// As a rule without Kafka clients: most of what is planted is met by the others, and a run with them takes longer.
const clients = values.kafka ? { kafkaProducers: 2, kafkaMembers: 3 } : { kafkaProducers: 0, kafkaMembers: 0 };
const overrides = values.profile === undefined ? clients : { ...clients, profile: parseProfile(values.profile) };
const usedSeconds = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1_000_000;
let seed = Number(values.seed);
let runs = 0;
let failure: string | null = null;
// Under a real broker that is the end of the process.
process.on('unhandledRejection', (error) => {
  failure ??= `unhandled rejection: ${String(error)}`;
});
for (; failure === null && usedSeconds() < Number(values.seconds); seed += 1) {
  runs += 1;
  const simulated = values.transactions ? simulateTransactions(seed) : simulate(seed, overrides);
  const found = await simulated.then(
    ({ failures }) => failures[0] ?? null,
    (error: unknown) => `the run itself failed: ${String(error)}`,
  );
  failure ??= found;
}
process.stdout.write(
  `${JSON.stringify({ caught: failure !== null, seed: seed - 1, runs, seconds: Math.round(usedSeconds() * 10) / 10, failure })}\n`,
);
