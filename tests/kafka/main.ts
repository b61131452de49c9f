/**
 * Tries Kafka clients on a broker, each in a program of its own language:
 *
 *   pnpm kafka:clients                       all clients; what takes long on another one each day
 *   pnpm kafka:clients --all                 everything on everyone
 *   pnpm kafka:clients --client kafkajs --feature zstd
 *   pnpm kafka:clients --write               and writes what it saw into docs/KAFKA.md
 *   pnpm kafka:clients --check               and fails where docs/KAFKA.md says otherwise
 *
 * Without `--check` whatever a client could not do is a failure. A client whose toolchain is not there is skipped, and
 * the reason printed. `--minutes` bounds it all.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { numberArgument } from '../number-argument.ts';
import { seedOfDay, seedsPerDay } from '../prove/proof-rigs.ts';
import { runClient } from './client-run.ts';
import type { ClientResult, FeatureResult } from './client-run.ts';
import { allClients } from './clients/all-clients.ts';
import type { Feature } from './feature.ts';
import { differences, mergeResults, readTable, writeTable } from './feature-table.ts';
import { allFeatures } from './features/all-features.ts';

const documentPath = fileURLToPath(new URL('../../docs/KAFKA.md', import.meta.url));
const cacheFolder = fileURLToPath(new URL('../../node_modules/.cache/kafka-clients', import.meta.url));

const { values } = parseArgs({
  options: {
    client: { type: 'string', multiple: true },
    feature: { type: 'string', multiple: true },
    all: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    lanes: { type: 'string', default: '2' },
    minutes: { type: 'string', default: '8' },
    seed: { type: 'string', default: String(seedOfDay(Date.now())) },
  },
});
const seed = numberArgument(values.seed);
const clients = allClients.filter(({ name }) => values.client?.includes(name) ?? true);
const features = allFeatures.filter(({ name }) => values.feature?.some((part) => name.includes(part)) ?? true);
const stop = new AbortController();
const begin = performance.now();
const results: ClientResult[] = [];
// Programs and brokers end with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await Promise.race([runAll(), theEnd()]);
process.exitCode = (await report()) ? 0 : 1;
process.exit();

/** What takes long is done by one client each day, which the seed of the day chooses. */
function featuresOf(client: string): readonly Feature[] {
  const chosen = Math.floor(seed / seedsPerDay) % allClients.length;
  if (values.all || values.feature !== undefined || allClients[chosen]!.name === client) return features;
  return features.filter(({ isLong }) => isLong !== true);
}

async function runAll(): Promise<void> {
  // The last ones take longest to bring, and to try.
  const waiting = clients.toReversed();
  const lane = async (): Promise<void> => {
    for (let client = waiting.shift(); client !== undefined; client = waiting.shift()) {
      const tried = featuresOf(client.name);
      const { signal } = stop;
      results.push(await runClient({ client, features: tried, cacheFolder, seed, onResult: say, signal }));
    }
  };
  await Promise.all(Array.from({ length: numberArgument(values.lanes) }, lane));
}

/** Whoever is not done by then is ended with this process. */
async function theEnd(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, numberArgument(values.minutes) * 60_000));
  stop.abort();
}

function say(client: string, { feature, verdict, why, seconds }: FeatureResult): void {
  const at = Math.round((performance.now() - begin) / 1000);
  console.log(
    `${at} s: ${client}: ${feature.name}: ${verdict} (${seconds.toFixed(1)} s)${why === '' ? '' : ` ${why.split('\n')[0]!}`}`,
  );
}

/** Prints what matters at the end, writes the table if asked to, and says whether all is well. */
async function report(): Promise<boolean> {
  const troubles = results.flatMap(({ client, brokerFaults }) =>
    brokerFaults.map((fault) => `${client}: the broker: ${fault}`),
  );
  for (const { client, skipped } of results) if (skipped !== null) console.log(`${client} was skipped: ${skipped}`);
  if (stop.signal.aborted) troubles.push(`the ${values.minutes} minutes were over before all was tried`);
  const document = await readFile(documentPath, 'utf8');
  if (values.write) {
    const table = mergeResults(readTable(document), results);
    await writeFile(
      documentPath,
      writeTable(document, table, { features: allFeatures, order: allClients.map(({ name }) => name) }),
    );
  }
  if (values.check) troubles.push(...differences(readTable(document), results));
  else
    for (const { client, features: tried } of results)
      for (const { feature, verdict, why } of tried)
        if (verdict === 'no') troubles.push(`${client}: ${feature.name}: ${why}`);
  for (const { client, version, features: tried } of results) {
    const count = (verdict: string): number => tried.filter((result) => result.verdict === verdict).length;
    console.log(`${client} ${version}: ${count('yes')} yes, ${count('no')} no, ${count('cannot')} that it has not got`);
  }
  for (const trouble of troubles) console.log(`FAILED ${trouble}`);
  return troubles.length === 0;
}
