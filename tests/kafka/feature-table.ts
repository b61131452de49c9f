import type { ClientResult, Verdict } from './client-run.ts';
import type { Feature } from './feature.ts';

/** Between these lines of a document the table stands. */
const beginMark = '<!-- clients: written by `pnpm kafka:clients --write` -->';
const endMark = '<!-- clients: end -->';

const notesTitle = '### What a client has not got';

const cellOf: Readonly<Record<Verdict, string>> = { yes: 'yes', no: 'no', cannot: '–' };

/** What stands in a document: cells by `feature` and `client`, notes by the same. */
export interface FeatureTable {
  /** Column heads, with versions. */
  readonly clients: readonly string[];
  readonly cells: ReadonlyMap<string, string>;
  readonly notes: ReadonlyMap<string, string>;
}

function cellKey(client: string, feature: string): string {
  return `${client}: ${feature}`;
}

/** `kafkajs 2.2.4` → `kafkajs`. */
function nameOf(head: string): string {
  return head.replace(/ .*$/, '');
}

export function readTable(document: string): FeatureTable {
  const text = document.slice(...placeOf(document));
  const [tables = '', notesTable = ''] = text.split(notesTitle);
  const rows = rowsOf(tables);
  const [, ...clients] = rows[0] ?? [''];
  const cells = new Map<string, string>();
  for (const [feature = '', ...values] of rows.slice(2))
    values.forEach((cell, at) => cells.set(cellKey(nameOf(clients[at]!), feature), cell));
  const notes = new Map(
    rowsOf(notesTable)
      .slice(2)
      .map(([client = '', feature = '', why = '']) => [cellKey(client, feature), why]),
  );
  return { clients, cells, notes };
}

function rowsOf(table: string): string[][] {
  return table
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** What was seen, in place of what stood there; what was not tried keeps its cell. */
export function mergeResults(table: FeatureTable, results: readonly ClientResult[]): FeatureTable {
  const cells = new Map(table.cells);
  const notes = new Map(table.notes);
  const heads = new Map(table.clients.map((head) => [nameOf(head), head]));
  for (const { client, version, features } of results.filter(({ skipped }) => skipped === null)) {
    heads.set(client, `${client} ${version}`);
    for (const { feature, verdict, why } of features) {
      const key = cellKey(client, feature.name);
      cells.set(key, cellOf[verdict]);
      notes.delete(key);
      if (verdict === 'cannot') notes.set(key, why.replaceAll(/[|\n]/g, ' '));
    }
  }
  return { clients: [...heads.values()], cells, notes };
}

/** The cells that were seen otherwise than they stand there, in words. */
export function differences(table: FeatureTable, results: readonly ClientResult[]): string[] {
  return results
    .filter(({ skipped }) => skipped === null)
    .flatMap(({ client, features }) =>
      features.flatMap(({ feature, verdict, why }) => {
        const said = table.cells.get(cellKey(client, feature.name)) ?? 'nothing';
        if (said === cellOf[verdict]) return [];
        return [`${client}: ${feature.name}: the table says ${said}, and it was ${cellOf[verdict]}. ${why}`];
      }),
    );
}

/** The document with the table in it: rows in the order of `features`, columns in that of `order`. */
export function writeTable(
  document: string,
  table: FeatureTable,
  { features, order }: { readonly features: readonly Feature[]; readonly order: readonly string[] },
): string {
  const heads = table.clients.toSorted((a, b) => order.indexOf(nameOf(a)) - order.indexOf(nameOf(b)));
  const lines: string[] = [];
  for (const name of new Set(features.map((feature) => feature.section))) {
    lines.push(`### ${name}`, '', row([name, ...heads]), `|---|${'---|'.repeat(heads.length)}`);
    for (const feature of features.filter((each) => each.section === name)) {
      lines.push(
        row([feature.name, ...heads.map((head) => table.cells.get(cellKey(nameOf(head), feature.name)) ?? '')]),
      );
    }
    lines.push('');
  }
  // What only one client has, as Java its console tools, is nothing that the others lack.
  const shared = features.filter(({ name }) => heads.filter((head) => has(table, nameOf(head), name)).length > 1);
  const notes = heads.flatMap((head) =>
    shared.flatMap(({ name }) => {
      const why = table.notes.get(cellKey(nameOf(head), name));
      return why === undefined ? [] : [row([nameOf(head), name, why])];
    }),
  );
  const [begin, end] = placeOf(document);
  const notesLines = [notesTitle, '', row(['client', 'what', 'why not']), '|---|---|---|', ...notes, ''];
  const text = [...lines, ...(notes.length === 0 ? [] : notesLines)].join('\n');
  return `${document.slice(0, begin)}\n\n${text}${document.slice(end)}`;
}

function has({ cells }: FeatureTable, client: string, feature: string): boolean {
  return (cells.get(cellKey(client, feature)) ?? cellOf.cannot) !== cellOf.cannot;
}

function placeOf(document: string): [begin: number, end: number] {
  const begin = document.indexOf(beginMark);
  const end = document.indexOf(endMark);
  if (begin < 0 || end < begin) throw new Error(`the document has no lines ${beginMark} and ${endMark}`);
  return [begin + beginMark.length, end];
}
