import { groupPlots } from './group-plots.ts';
import type { Plot } from './group-plots.ts';
import { aboutLines, groupTables, targetTable } from './report.ts';
import type { Results, Table } from './report.ts';
import type { CaseResult, VariantResult } from './runner.ts';
import { judge } from './targets.ts';

export interface MarkdownReport {
  readonly markdown: string;
  readonly plots: readonly Plot[];
}

/** The report for people: targets first, then for each group its pictures, tables and what they cost. */
export function markdownReport(found: Results): MarkdownReport {
  const groups = Map.groupBy(found.results, ({ group }) => group);
  const sections = [...groups].map(([group, cases]) => ({ group, cases, plots: groupPlots(group, cases) }));
  const lines = [
    '# Measurements',
    '',
    ...aboutLines(found).flatMap((line) => [line, '']),
    ...section('Targets', [targetTable(judge(found.results))]),
    ...sections.flatMap(({ group, cases, plots }) => [
      `## ${group}`,
      '',
      ...plots.flatMap(({ file, title }) => [`![${title}](${file})`, '']),
      ...groupTables(cases).flatMap((table) => [...markdownTable(table), '']),
      ...costs(cases),
    ]),
  ];
  return { markdown: `${lines.join('\n').trimEnd()}\n`, plots: sections.flatMap(({ plots }) => plots) };
}

function section(title: string, tables: readonly Table[]): string[] {
  return [`## ${title}`, '', ...tables.flatMap((table) => [...markdownTable(table), ''])];
}

function markdownTable({ title, head, rows, notes }: Table): string[] {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    row([title, ...head.slice(1)]),
    row(head.map((_, column) => (column === 0 ? '---' : '---:'))),
    ...rows.map(row),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `- ${note}`)]),
  ];
}

/** Processor time and memory of everything that ran, not of the product alone. */
function costs(cases: readonly CaseResult[]): string[] {
  const rows = cases.flatMap((result) => result.variants.flatMap((variant) => costRows(result, variant)));
  if (rows.length === 0) return [];
  const head = [
    'cost',
    'program',
    'client, processor',
    'client, peak',
    'server, processor',
    'server, peak',
    'both, for each record',
  ];
  return [...markdownTable({ title: 'cost, of the round nearest to the median', head, rows, notes: [] }), ''];
}

function costRows(result: CaseResult, { name, typical }: VariantResult): string[][] {
  const { processes = [], details = {} } = typical;
  const [client, server] = ['client', 'server'].map((process) => processes.find((one) => one.name === process));
  if (client === undefined || server === undefined) return [];
  const seconds = (cpuSeconds: number): string => `${cpuSeconds.toFixed(2)} s`;
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  const { records } = details;
  const each =
    records === undefined ? '-' : `${(((client.cpuSeconds + server.cpuSeconds) * 1e9) / records).toFixed(0)} ns`;
  return [
    [
      result.name,
      name,
      seconds(client.cpuSeconds),
      megabytes(client.residentPeakBytes),
      seconds(server.cpuSeconds),
      megabytes(server.residentPeakBytes),
      each,
    ],
  ];
}
