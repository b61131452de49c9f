import { mkdir, writeFile } from 'node:fs/promises';
import type { Case } from './case.ts';
import { consumeCases } from './cases/consume.ts';
import { fanOutCases } from './cases/fan-out.ts';
import { groupCases } from './cases/groups.ts';
import { latencyCases } from './cases/latency.ts';
import { produceCases } from './cases/produce.ts';
import { singleSendCases } from './cases/single-sends.ts';
import { startupCases } from './cases/startup.ts';
import { describeMachine } from './machine.ts';
import { helpText, readOptions } from './options.ts';
import type { BenchOptions } from './options.ts';
import { comparePeers } from './peers/main.ts';
import { buildPrograms } from './product/build.ts';
import type { Profile } from './profile.ts';
import { formatReport } from './report.ts';
import { runCase } from './runner.ts';
import type { CaseResult } from './runner.ts';

const resultsFolder = new URL('../results/', import.meta.url);

const options = readOptions(process.argv.slice(2));
if (options.help) process.stdout.write(helpText);
else process.exitCode = await (options.isWithPeers ? benchPeers(options) : bench(options));

/** Returns the exit code: 1 when a case could not be measured. */
async function bench({ profile, directory, only, jsonFile }: BenchOptions): Promise<number> {
  const machine = await describeMachine(directory);
  if (machine.fileSystem === 'tmpfs') process.stderr.write(`${directory} is memory: fdatasync costs nothing there; choose a disk with --dir\n`);
  await buildPrograms();
  const context = { profile, directory };
  const cases = [
    ...produceCases(context),
    ...consumeCases(context),
    ...fanOutCases(context),
    ...singleSendCases(context),
    ...latencyCases(context),
    ...groupCases(context),
    ...startupCases(context),
  ].filter((subject) => isWanted(subject, only));
  const results: CaseResult[] = [];
  for (const subject of cases) {
    results.push(await runCase(subject, { rounds: roundsOf(subject, profile), onRun: (text) => process.stderr.write(`${text}\n`) }));
  }
  process.stdout.write(`\n${formatReport(results, { machine, profile })}`);
  await writeResults(JSON.stringify({ machine, profile, results }, null, 2), jsonFile);
  return results.some(({ failure }) => failure !== null) ? 1 : 0;
}

/** Returns the exit code: 1 when something could not be measured; a peer that cannot be had is no failure. */
async function benchPeers(peersOptions: BenchOptions): Promise<number> {
  const { report, markdown } = await comparePeers(peersOptions);
  process.stdout.write(`\n${markdown}`);
  await writeResults(JSON.stringify(report, null, 2), peersOptions.jsonFile);
  return report.failures.length > 0 ? 1 : 0;
}

/** A start takes a tenth of a second: many of them cost little and say more. Idle memory hardly varies; a group takes seconds to settle. */
function roundsOf({ group }: Case, profile: Profile): number {
  if (group === 'start') return profile.startRounds;
  if (group === 'groups' && profile.name === 'quick') return 1;
  return group === 'memory' ? 1 : profile.rounds;
}

function isWanted(subject: Case, only: string | null): boolean {
  return only === null || `${subject.group} ${subject.name}`.includes(only);
}

async function writeResults(json: string, jsonFile: string | null): Promise<void> {
  await mkdir(resultsFolder, { recursive: true });
  const name = `${new Date().toISOString().replaceAll(/[:.]/g, '-')}.json`;
  await writeFile(new URL(name, resultsFolder), `${json}\n`);
  process.stderr.write(`written to bench/results/${name}\n`);
  if (jsonFile !== null) await writeFile(jsonFile, `${json}\n`);
}
