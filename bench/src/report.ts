import type { Machine } from './machine.ts';
import type { ProcessCost } from './measure/process-usage.ts';
import type { Spread } from './measure/spread.ts';
import type { Profile } from './profile.ts';
import { ratioTo } from './runner.ts';
import type { CaseResult, VariantResult } from './runner.ts';

/** The whole report as text: a table for each group of cases. */
export function formatReport(results: readonly CaseResult[], about: { machine: Machine; profile: Profile }): string {
  const { machine, profile } = about;
  const groups = Map.groupBy(results, ({ group }) => group);
  return [
    `${machine.cpuCount} x ${machine.cpuModel}, ${machine.memoryGiB} GiB, Node ${machine.node}, Linux ${machine.kernel}, ${machine.fileSystem}`,
    `${profile.name}: ${profile.rounds} rounds; each number is the median (min - max) of its rounds`,
    'ceiling: the bare program; encoding: the bare program that also encodes its records; product: client and broker',
    '',
    ...[...groups].flatMap(([group, cases]) => [...formatGroup(group, cases), '']),
  ].join('\n');
}

function formatGroup(group: string, cases: readonly CaseResult[]): string[] {
  const hasEncoding = cases.some((result) => variantOf(result, 'encoding') !== undefined);
  const head = [`${group} (${cases[0]!.unit})`, 'ceiling', ...(hasEncoding ? ['encoding'] : []), 'product', 'ratio', ...(hasEncoding ? ['to encoding'] : []), 'client', 'server'];
  const rows = cases.map((result) => [
    result.name,
    formatSpread(variantOf(result, 'ceiling')?.value),
    ...(hasEncoding ? [formatSpread(variantOf(result, 'encoding')?.value)] : []),
    formatSpread(variantOf(result, 'product')?.value),
    formatRatio(ratioTo('ceiling', result)),
    ...(hasEncoding ? [formatRatio(ratioTo('encoding', result))] : []),
    formatCost(result, 'client'),
    formatCost(result, 'server'),
  ]);
  return [...table([head, ...rows]), ...cases.flatMap(notes)];
}

/** What does not fit into a column: percentiles and failures. */
function notes(result: CaseResult): string[] {
  const lines = result.variants.flatMap((variant) => percentileNote(result.name, variant));
  return result.failure === null ? lines : [...lines, `  FAILED ${result.name}: ${result.failure}`];
}

function percentileNote(name: string, variant: VariantResult): string[] {
  const details = variant.typical.details;
  if (details?.['p99Ms'] === undefined) return [];
  const line = (what: string, prefix: string): string => {
    const at = (key: string): string => (details[`${prefix}${key}`] ?? Number.NaN).toFixed(2);
    return `  ${name}, ${variant.name}${what}: p50 ${at('p50Ms')}  p90 ${at('p90Ms')}  p99 ${at('p99Ms')}  p99.9 ${at('p999Ms')}  max ${at('maxMs')} ms`;
  };
  return details['ack p99Ms'] === undefined ? [line('', '')] : [line(', to arrival', ''), line(', to ack', 'ack ')];
}

function formatSpread(spread: Spread | undefined): string {
  if (spread === undefined) return '-';
  return `${formatNumber(spread.median)} (${formatNumber(spread.min)} - ${formatNumber(spread.max)})`;
}

function formatNumber(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)} k`;
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function formatRatio(ratio: number | null): string {
  return ratio === null ? '-' : ratio.toFixed(2);
}

/** Processor seconds while it was measured, and the peak of its memory. */
function formatCost(result: CaseResult, name: ProcessCost['name']): string {
  const cost = variantOf(result, 'product')?.typical.processes?.find((process) => process.name === name);
  return cost === undefined ? '-' : `${cost.cpuSeconds.toFixed(1)} s, ${Math.round(cost.residentPeakBytes / 1e6)} MB`;
}

function variantOf(result: CaseResult, name: VariantResult['name']): VariantResult | undefined {
  return result.variants.find((variant) => variant.name === name);
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ');
  return [line(rows[0]!), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.slice(1).map(line)];
}
