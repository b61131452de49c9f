import { readFile } from 'node:fs/promises';
import { allCases, caseKey, chosenCases, estimatedMs, roundsOf } from './case-list.ts';
import { describeMachine } from './machine.ts';
import { UsedMemory } from './measure/used-memory.ts';
import { formatDuration } from './number-format.ts';
import { helpText, readOptions } from './options.ts';
import type { BenchOptions } from './options.ts';
import { compareKafka } from './kafka/main.ts';
import { formatMixed, runMixedLoad } from './mixed/main.ts';
import { comparePairs, formatPairs } from './pairs/compare.ts';
import { runOnce } from './pairs/run-once.ts';
import { comparePeers } from './peers/main.ts';
import { buildPrograms } from './product/build.ts';
import { formatReport } from './report.ts';
import type { Results } from './report.ts';
import { writeJson, writeKafka, writeMixed, writePeers, writeReport, writeRun } from './results-folder.ts';
import { runCase } from './runner.ts';
import type { CaseResult } from './runner.ts';

// What was started is killed and what was written is removed when the process exits.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

const options = readOptions(process.argv.slice(2));
if (options.help) process.stdout.write(helpText);
else if (options.list) list(options);
else if (options.renderFile !== null) await render(options.renderFile, options);
else if (options.isOnce) await once(options);
else if (options.pairsWith !== null) await pairs(options, options.pairsWith);
else if (options.mixedMinutes !== null) process.exitCode = await mixed(options, options.mixedMinutes);
else if (options.isKafka) process.exitCode = await benchKafka(options);
else process.exitCode = await (options.isWithPeers ? benchPeers(options) : bench(options));

/** Returns the exit code: 1 when a case could not be measured. One that was left out for a reason is no failure. */
async function bench(o: BenchOptions): Promise<number> {
  const { profile, directory, only } = o;
  const machine = await describeMachine(directory);
  if (machine.fileSystem === 'tmpfs')
    say(`${directory} is memory: fdatasync costs nothing there; choose a disk with --dir`);
  const cases = chosenCases(allCases({ profile, directory }), only);
  if (cases.length === 0) throw new Error(`no case is called like that: ${only.join(', ')}; --list shows all`);
  const wholeMs = cases.reduce((sum, subject) => sum + estimatedMs(subject, profile), 0);
  say(`${cases.length} cases, about ${formatDuration(wholeMs)} on a quiet machine`);
  await buildPrograms();
  const startMs = performance.now();
  await using memory = await usedMemory(o);
  const beforeRun = async (): Promise<void> => await memory?.fill();
  const results: CaseResult[] = [];
  const found: Results = { at: new Date().toISOString(), machine, profile, results };
  for (const subject of cases) {
    results.push(...(await runCase(subject, { rounds: roundsOf(subject, profile), onRun: say, beforeRun })));
    // After each: whoever ends the run early has what was measured.
    say(`in ${await writeRun(found)}`);
  }
  say(`took ${formatDuration(performance.now() - startMs)}`);
  process.stdout.write(`\n${formatReport(found)}`);
  if (o.jsonFile !== null) await writeJson(found, o.jsonFile);
  if (o.reportFolder !== null) await writeReport(found, o.reportFolder);
  return results.some(({ failure }) => failure !== null) ? 1 : 0;
}

/** For what is to be filled before each run, in runs that have the time for it. */
async function usedMemory({ profile, directory }: BenchOptions): Promise<UsedMemory | null> {
  return profile.fillsMemory ? await UsedMemory.open(directory) : null;
}

/** Returns the exit code: 1 when something could not be measured; a peer that cannot be had is no failure. */
async function benchPeers(o: BenchOptions): Promise<number> {
  await using memory = await usedMemory(o);
  const { report, markdown } = await comparePeers(o, async () => await memory?.fill());
  process.stdout.write(`\n${markdown}`);
  say(`in ${await writePeers({ report, markdown })}`);
  if (o.jsonFile !== null) await writeJson(report, o.jsonFile);
  return report.failures.length > 0 ? 1 : 0;
}

/** Returns the exit code: 1 when something could not be measured; a Kafka that cannot be had is no failure. */
async function benchKafka(o: BenchOptions): Promise<number> {
  const { report, markdown } = await compareKafka(o);
  process.stdout.write(`\n${markdown}`);
  say(`in ${await writeKafka({ report, markdown })}`);
  if (o.jsonFile !== null) await writeJson(report, o.jsonFile);
  return report.failures.length > 0 ? 1 : 0;
}

/** Returns the exit code: 1 when memory grows. */
async function mixed({ directory, jsonFile }: BenchOptions, minutes: number): Promise<number> {
  const report = await runMixedLoad({ directory, minutes });
  process.stdout.write(formatMixed(report));
  say(`in ${await writeMixed(report)}`);
  if (jsonFile !== null) await writeJson(report, jsonFile);
  return report.rows.some(({ verdict }) => verdict === 'grows') ? 1 : 0;
}

/** One half of a pair, for the process that compares. */
async function once({ profile, directory, only }: BenchOptions): Promise<void> {
  await buildPrograms();
  process.stdout.write(JSON.stringify(await runOnce({ profile, directory }, only[0] ?? '')));
}

async function pairs(o: BenchOptions, other: string): Promise<void> {
  const { profile, directory, only } = o;
  const rows = await comparePairs({ context: { profile, directory }, only, other, pairs: o.pairs, onRun: say });
  process.stdout.write(formatPairs(rows));
  if (o.jsonFile !== null) await writeJson(rows, o.jsonFile);
}

function list({ profile, directory, only }: BenchOptions): void {
  for (const subject of chosenCases(allCases({ profile, directory }), only)) {
    process.stdout.write(
      `${caseKey(subject)}  [${subject.variants.map(({ name }) => name).join(', ')}; ${formatDuration(estimatedMs(subject, profile))}]\n`,
    );
  }
}

/** Prints, and writes, the report of an earlier run anew. */
async function render(file: string, { reportFolder }: BenchOptions): Promise<void> {
  const found = JSON.parse(await readFile(file, 'utf8')) as Results;
  process.stdout.write(formatReport(found));
  if (reportFolder !== null) await writeReport(found, reportFolder);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
