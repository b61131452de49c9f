import type { VariantName } from './case.ts';
import type { Machine } from './machine.ts';
import type { ProcessCost } from './measure/process-usage.ts';
import type { Spread } from './measure/spread.ts';
import { formatNumber, formatRatio } from './number-format.ts';
import type { Profile } from './profile.ts';
import type { CaseResult, VariantResult } from './runner.ts';
import { judge } from './targets.ts';
import type { Judgement, Target } from './targets.ts';

/** Everything that a run found, as it is written to JSON. */
export interface Results {
  /** When the run began, ISO 8601. */
  readonly at: string;
  readonly machine: Machine;
  readonly profile: Profile;
  readonly results: readonly CaseResult[];
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What does not fit into a column: percentiles, what was left out, failures. */
  readonly notes: readonly string[];
}

export const variantWords: Readonly<Record<VariantName, string>> = {
  ceiling: 'the bare program',
  encoding: 'the bare program that also encodes its records',
  files: "a program that only reads the product's files",
  base: 'the product in the shape that the note names',
  product: 'client and broker',
};

/** The whole report as text: a table for each group of cases, and the targets. */
export function formatReport(found: Results): string {
  const tables = [...groupTables(found.results), targetTable(judge(found.results))];
  return [...aboutLines(found), '', ...tables.flatMap((table) => [...textTable(table), ''])].join('\n');
}

export function aboutLines({ machine, profile, at }: Results): string[] {
  return [
    `${machine.cpuCount} x ${machine.cpuModel}, ${machine.memoryGiB} GiB, Node ${machine.node}, Linux ${machine.kernel}, ${machine.fileSystem}, ${at}`,
    `${profile.name}: ${profile.rounds} rounds of most; each number is the median (min - max) of its rounds, or of one round where it stands alone; each ratio is that of the product to another program, round by round`,
    Object.entries(variantWords)
      .map(([name, words]) => `${name}: ${words}`)
      .join('; '),
  ];
}

export function groupTables(results: readonly CaseResult[]): Table[] {
  const groups = Map.groupBy(results, ({ group }) => group);
  return [...groups].flatMap(([group, cases]) =>
    [...Map.groupBy(cases, ({ unit }) => unit)].map(([unit, rows]) => groupTable(`${group} (${unit})`, rows)),
  );
}

function groupTable(title: string, cases: readonly CaseResult[]): Table {
  const names = variantNames(cases);
  const others = names.filter((name) => name !== 'product');
  const costed = (['client', 'server'] as const).filter((process) =>
    cases.some((result) => formatCost(result, process) !== '-'),
  );
  return {
    title,
    head: ['', ...names, ...others.map((name) => `to ${name}`), ...costed],
    rows: cases.map((result) => [
      result.name,
      ...names.map((name) => formatSpread(variantOf(result, name)?.value)),
      ...others.map((name) => formatSpread(result.ratios[name], formatRatio)),
      ...costed.map((process) => formatCost(result, process)),
    ]),
    notes: cases.flatMap(notesOf),
  };
}

/** In the order in which they run. */
export function variantNames(cases: readonly CaseResult[]): VariantName[] {
  const measured = new Set(cases.flatMap(({ variants }) => variants.map(({ name }) => name)));
  return (Object.keys(variantWords) as VariantName[]).filter((name) => measured.has(name));
}

export function targetTable(judgements: readonly Judgement[]): Table {
  return {
    title: 'targets',
    head: ['', 'wanted', 'measured', ''],
    rows: judgements.map(({ target, measured, verdict }) => [
      target.what,
      wanted(target),
      formatSpread(measured ?? undefined, targetNumber(target)),
      verdict,
    ]),
    notes: [],
  };
}

function wanted(target: Target): string {
  const { atLeast, atMost, unit } = target;
  const number = targetNumber(target);
  return `${atLeast === undefined ? `at most ${number(atMost!)}` : `at least ${number(atLeast)}`}${unit === undefined ? '' : ` ${unit}`}`;
}

function targetNumber({ unit, per }: Target): (value: number) => string {
  return per === undefined && unit !== undefined ? formatNumber : formatRatio;
}

function notesOf(result: CaseResult): string[] {
  const { name, base, failure, skips, variants } = result;
  return [
    ...(base === null || variants.length === 0 ? [] : [`${name}: base is ${base}`]),
    ...variants.flatMap((variant) => percentileNotes(name, variant)),
    ...skips.map(({ variant, why }) => `SKIPPED ${name}${variant === null ? '' : `, ${variant}`}: ${why}`),
    ...(failure === null ? [] : [`FAILED ${name}: ${failure}`]),
  ];
}

const percentileKeys = ['p50Ms', 'p90Ms', 'p99Ms', 'p999Ms', 'p9999Ms', 'maxMs'] as const;
const percentileWords = ['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max'] as const;

/** A line for each distribution among the details: the keys of some have a word before them. */
function percentileNotes(name: string, variant: VariantResult): string[] {
  const { details = {} } = variant.typical;
  const prefixes = Object.keys(details).flatMap((key) =>
    key.endsWith('p99Ms') ? [key.slice(0, -'p99Ms'.length)] : [],
  );
  return prefixes.map((prefix) => {
    const numbers = percentileKeys.map(
      (key, index) => `${percentileWords[index]} ${formatNumber(details[`${prefix}${key}`] ?? Number.NaN)}`,
    );
    return `${name}, ${variant.name}${prefix === '' ? '' : `, ${prefix.trim()}`}: ${numbers.join('  ')} ms`;
  });
}

export function formatSpread(spread: Spread | undefined, number: (value: number) => string = formatNumber): string {
  if (spread === undefined) return '-';
  return spread.rounds === 1
    ? number(spread.median)
    : `${number(spread.median)} (${number(spread.min)} - ${number(spread.max)})`;
}

/** The product's processor seconds while it was measured, and the peak of its memory. */
function formatCost(result: CaseResult, name: ProcessCost['name']): string {
  const cost = variantOf(result, 'product')?.typical.processes?.find((process) => process.name === name);
  return cost === undefined ? '-' : `${cost.cpuSeconds.toFixed(1)} s, ${Math.round(cost.residentPeakBytes / 1e6)} MB`;
}

function variantOf(result: CaseResult, name: VariantName): VariantResult | undefined {
  return result.variants.find((variant) => variant.name === name);
}

function textTable({ title, head, rows, notes }: Table): string[] {
  const all = [[title, ...head.slice(1)], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ');
  return [
    line(all[0]!),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...all.slice(1).map(line),
    ...notes.map((note) => `  ${note}`),
  ];
}
