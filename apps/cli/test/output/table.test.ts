import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { formatFacts, formatTable } from '../../src/output/table.ts';

const columns = [{ title: 'topic' }, { title: 'messages', align: 'right' }] as const;
const rows = [
  ['orders', '1,234'],
  ['a', '5'],
];

describe('tables', () => {
  it('O2 lines columns up on a terminal, numbers to the right', async () => {
    expect(stripVTControlCharacters(await formatTable(columns, rows, true))).toBe(
      'topic   messages\norders     1,234\na              5\n',
    );
  });

  it('O2 separates columns with tabs elsewhere', async () => {
    expect(await formatTable(columns, rows, false)).toBe('topic\tmessages\norders\t1,234\na\t5\n');
  });

  it('O2 writes facts one under the other', () => {
    const facts = [
      ['partitions', '8'],
      ['size', '1 KiB'],
    ] as const;
    expect(stripVTControlCharacters(formatFacts(facts, true))).toBe('partitions  8\nsize        1 KiB\n');
    expect(formatFacts(facts, false)).toBe('partitions\t8\nsize\t1 KiB\n');
  });
});
