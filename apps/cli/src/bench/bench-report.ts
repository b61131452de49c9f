import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { formatJson } from '../output/json.ts';
import { Progress } from '../output/progress.ts';
import { formatFacts } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';
import type { LatencySummary } from './latencies.ts';

/** What was measured. `--json` writes it as it is. */
export interface BenchResult {
  readonly topic: string;
  readonly records: number;
  /** Of values. */
  readonly bytes: number;
  readonly durationMs: number;
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  /** By what they are of; null: too little was measured. */
  readonly latencies: Readonly<Record<string, LatencySummary | null>>;
  /** What else is worth knowing, for people. */
  readonly notes?: Readonly<Record<string, string>>;
}

export function benchResult(
  done: { topic: string; records: number; bytes: number; durationMs: number },
  latencies: BenchResult['latencies'],
  notes: Readonly<Record<string, string>> = {},
): BenchResult {
  const perSecond = (amount: number): number => Math.round(amount / Math.max(done.durationMs / 1000, 0.001));
  const { records, bytes } = done;
  return {
    ...done,
    durationMs: Math.round(done.durationMs),
    recordsPerSecond: perSecond(records),
    bytesPerSecond: perSecond(bytes),
    latencies,
    notes,
  };
}

export function reportBench(context: CommandContext, options: GlobalOptions, result: BenchResult): void {
  if (options.json === true) {
    context.stdout.write(formatJson(result, isTerminal(context.stdout)));
    return;
  }
  const units = unitsOf(options);
  const facts: [string, string][] = [
    ['topic', result.topic],
    ['records', `${units.count(result.records)}, ${units.bytes(result.bytes)}`],
    ['time', units.duration(result.durationMs)],
    ['rate', `${units.count(result.recordsPerSecond)} records/s, ${units.bytes(result.bytesPerSecond)}/s`],
  ];
  for (const [name, value] of Object.entries(result.notes ?? {})) facts.push([name, value]);
  for (const [name, times] of Object.entries(result.latencies)) facts.push([name, latencyText(times)]);
  context.stdout.write(formatFacts(facts, isTerminal(context.stdout)));
}

function latencyText(times: LatencySummary | null): string {
  if (times === null) return 'nothing was measured';
  const ms = (value: number): string => `${value < 100 ? value.toFixed(2) : String(Math.round(value))} ms`;
  return `p50 ${ms(times.p50Ms)}, p99 ${ms(times.p99Ms)}, p99.9 ${ms(times.p999Ms)}, max ${ms(times.maxMs)} (${times.samples} samples)`;
}

/** On a terminal only. */
export function benchProgress(context: CommandContext, label: string): Progress {
  return new Progress(isTerminal(context.stderr) ? (text) => void context.stderr.write(text) : null, label);
}
