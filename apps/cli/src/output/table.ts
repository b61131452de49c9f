import { styleText } from 'node:util';

export interface Column {
  readonly title: string;
  /** Numbers stand to the right, so that their digits line up. */
  readonly align?: 'left' | 'right';
}

/**
 * Rows under their titles. On a terminal the columns line up; elsewhere they are separated by tabs, which `cut` and a
 * spreadsheet can read.
 */
export async function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  isTerminal: boolean,
): Promise<string> {
  if (!isTerminal)
    return [columns.map((column) => column.title), ...rows].map((cells) => `${cells.join('\t')}\n`).join('');
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: columns.map((column) => styleText('bold', column.title)),
    colAligns: columns.map((column) => column.align ?? 'left'),
    chars: noLines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}

/** Facts one under the other: the names in one column, the values in another. */
export function formatFacts(facts: readonly (readonly [name: string, value: string])[], isTerminal: boolean): string {
  if (!isTerminal) return facts.map(([name, value]) => `${name}\t${value}\n`).join('');
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `${styleText('bold', name.padEnd(width))}  ${value}\n`).join('');
}

const noLines = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};
