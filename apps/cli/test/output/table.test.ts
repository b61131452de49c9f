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
    expect(stripVTControlCharacters(await formatTable(columns, rows, { isTTY: true }))).toBe(
      'topic   messages\norders     1,234\na              5\n',
    );
  });

  it('O2 separates columns with tabs elsewhere, however narrow', async () => {
    expect(await formatTable(columns, rows, { columns: 10 })).toBe('topic\tmessages\norders\t1,234\na\t5\n');
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

describe('tables on a narrow terminal', () => {
  const wide = [{ title: 'member' }, { title: 'instance' }, { title: 'client' }, { title: 'owns' }] as const;
  const member = ['01a2b3c4-0000-7000-8000-0123456789ab', '-', 'billing-worker', 'orders:0-7'];
  const shown = async (width: number, instance = '-'): Promise<string> =>
    stripVTControlCharacters(
      await formatTable(wide, [member, member.with(1, instance)], { isTTY: true, columns: width }),
    );

  it('O2 fill its whole width and not more', async () => {
    expect((await shown(74)).split('\n')[1]).toHaveLength(74);
    expect((await shown(74)).split('\n')[0]).toContain('instance');
  });

  it('O2 leave out columns that say nothing', async () => {
    expect(await shown(73)).toBe(
      `member                                client          owns\n${`${member[0]}  billing-worker  orders:0-7\n`.repeat(2)}`,
    );
    expect(await shown(73, 'b')).toContain('instance  b\n');
  });

  it('O2 become blocks, and no name is cut in two', async () => {
    const block = `member  ${member[0]}\nclient  billing-worker\nowns    orders:0-7\n`;
    expect(await shown(50)).toBe(`${block}\n${block}`);
    expect(await shown(10)).toBe(`${block}\n${block}`);
  });

  it('O2 are as wide as they are where nobody knows the width', async () => {
    expect(await shown(0)).toContain('instance');
  });
});
