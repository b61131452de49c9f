import { stripVTControlCharacters, styleText } from 'node:util';
import { widthOf } from '../screen.ts';
import type { Screen } from '../screen.ts';

export interface Column {
  readonly title: string;
  /** Numbers stand to the right, so that their digits line up. */
  readonly align?: 'left' | 'right';
}

type Rows = readonly (readonly string[])[];

/** Stands where there is no value, so that a line has the same cells whatever is known. */
const nothing = '-';

/**
 * Rows under their titles. On a terminal the columns line up; elsewhere they are separated by tabs, which `cut` and a
 * spreadsheet can read.
 *
 * A terminal wraps a line that is too long wherever it ends, in the middle of a name too. So where the table is wider
 * than the terminal, columns that say nothing are left out first; if that is not enough each row becomes a block, with
 * one cell a line.
 *
 * @param screen a boolean says whether it is a terminal, of any width
 */
export async function formatTable(columns: readonly Column[], rows: Rows, screen: Screen | boolean): Promise<string> {
  const shown: Screen = typeof screen === 'boolean' ? { isTTY: screen } : screen;
  if (shown.isTTY !== true)
    return [columns.map((column) => column.title), ...rows].map((cells) => `${cells.join('\t')}\n`).join('');
  const width = widthOf(shown);
  const whole = await linedUp(columns, rows);
  if (widthOfText(whole) <= width) return whole;
  const telling = columns.flatMap((column, at) => (rows.some((row) => says(row[at])) ? [{ column, at }] : []));
  const told = rows.map((row) => telling.map(({ at }) => row[at] ?? ''));
  const narrower = telling.map(({ column }) => column);
  const fewer = await linedUp(narrower, told);
  return widthOfText(fewer) <= width ? fewer : blocks(narrower, told);
}

function says(cell: string | undefined): boolean {
  return cell !== undefined && cell !== '' && cell !== nothing;
}

function widthOfText(text: string): number {
  let width = 0;
  for (const line of stripVTControlCharacters(text).split('\n')) width = Math.max(width, line.length);
  return width;
}

async function linedUp(columns: readonly Column[], rows: Rows): Promise<string> {
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

/** Each row as facts one under the other. */
function blocks(columns: readonly Column[], rows: Rows): string {
  return rows
    .map((row) => {
      const facts = columns.map(({ title }, at) => [title, row[at] ?? ''] as const);
      return formatFacts(
        facts.filter(([, value]) => says(value)),
        true,
      );
    })
    .join('\n');
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
