/**
 * Compares this checkout with another one, pair by pair: in each pair both are run right after each other, in turn the
 * one and the other first, since the machine's speed changes by the minute. What counts is the ratio of each pair.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { allCases, caseKey, chosenCases } from '../case-list.ts';
import type { Case, Sample } from '../case.ts';
import type { RunContext } from '../run-context.ts';
import { medianInterval } from './interval.ts';
import type { MedianInterval } from './interval.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('../../../', import.meta.url));

export interface PairsOptions {
  readonly context: RunContext;
  readonly only: readonly string[];
  /** The other checkout, installed. It has to have this bench: copy `bench/` there when it is older. */
  readonly other: string;
  readonly pairs: number;
  readonly onRun: (text: string) => void;
}

/** This checkout as a share of the other one. */
export interface PairedRow {
  readonly name: string;
  readonly unit: Case['unit'];
  readonly better: Case['better'];
  readonly value: MedianInterval;
  /** Of broker and client together, for each record or send; null where it is not measured. */
  readonly processorTime: MedianInterval | null;
  readonly failures: readonly string[];
}

const confidenceMin = 0.9;

export async function comparePairs(o: PairsOptions): Promise<PairedRow[]> {
  const rows: PairedRow[] = [];
  for (const subject of chosenCases(allCases(o.context), o.only)) {
    const row = await compareCase(subject, o);
    if (row !== null) rows.push(row);
  }
  return rows;
}

async function compareCase(subject: Case, o: PairsOptions): Promise<PairedRow | null> {
  const key = caseKey(subject);
  const pairs: { ours: Sample; theirs: Sample }[] = [];
  const failures: string[] = [];
  for (let pair = 1; pair <= o.pairs; pair += 1) {
    o.onRun(`${key}: pair ${pair} of ${o.pairs}`);
    try {
      pairs.push(pair % 2 === 1 ? await oursFirst(key, o) : await theirsFirst(key, o));
    } catch (error) {
      failures.push(error instanceof Error ? error.message.split('\n')[0]! : String(error));
      // One that cannot be measured at all is not tried ten times.
      if (pairs.length === 0) break;
    }
  }
  if (pairs.length === 0) return null;
  const ratios = (of: (sample: Sample) => number): number[] => pairs.map(({ ours, theirs }) => of(ours) / of(theirs));
  const hasCost = pairs.every(({ ours, theirs }) => costOf(ours) > 0 && costOf(theirs) > 0);
  return {
    name: key,
    unit: subject.unit,
    better: subject.better,
    value: medianInterval(
      ratios(({ value }) => value),
      confidenceMin,
    ),
    processorTime: hasCost ? medianInterval(ratios(costOf), confidenceMin) : null,
    failures,
  };
}

async function oursFirst(key: string, o: PairsOptions): Promise<{ ours: Sample; theirs: Sample }> {
  const ours = await sampleOf(here, key, o);
  return { ours, theirs: await sampleOf(o.other, key, o) };
}

async function theirsFirst(key: string, o: PairsOptions): Promise<{ ours: Sample; theirs: Sample }> {
  const theirs = await sampleOf(o.other, key, o);
  return { ours: await sampleOf(here, key, o), theirs };
}

/** In a process of the checkout's own, which resolves its packages and builds its programs. */
async function sampleOf(checkout: string, key: string, { context }: PairsOptions): Promise<Sample> {
  const args = [
    '--conditions=@q/source',
    join(checkout, 'bench/src/main.ts'),
    'once',
    '--only',
    key,
    '--dir',
    context.directory,
  ];
  const { stdout } = await run(process.execPath, args, {
    cwd: checkout,
    timeout: 4 * context.profile.runTimeoutMs,
    maxBuffer: 64 << 20,
  });
  return JSON.parse(stdout) as Sample;
}

/**
 * Seconds of processor time for each record; of what comes at a given rate, or counts no records, for the whole run.
 */
function costOf({ processes = [], details }: Sample): number {
  const seconds = processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  return seconds / (details?.['records'] ?? details?.['count'] ?? 1);
}

export function formatPairs(rows: readonly PairedRow[]): string {
  const head =
    '| case | value, of the other checkout (90 %) | processor time a record (90 %) | pairs lost |\n|---|---|---|---|\n';
  const share = ({ median, low, high }: MedianInterval): string =>
    `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  const line = ({ name, unit, better, value, processorTime, failures }: PairedRow): string =>
    `| ${name}, ${unit}, ${better} is better | ${share(value)} | ${processorTime === null ? '' : share(processorTime)} | ${failures.length} |\n`;
  return head + rows.map(line).join('');
}
