import { describe, expect, it } from 'vitest';
import type { ClientResult, Verdict } from './client-run.ts';
import type { Feature } from './feature.ts';
import { differences, mergeResults, readTable, writeTable } from './feature-table.ts';

const empty = `# Title

<!-- clients: written by \`pnpm kafka:clients --write\` -->
<!-- clients: end -->

What follows.
`;

const features: Feature[] = ['write', 'read', 'admin: all of it'].map((name) => ({
  section: name === 'write' ? 'Produce' : 'Other',
  name,
  run: async () => undefined,
}));

function seen(client: string, verdicts: Readonly<Record<string, Verdict>>): ClientResult {
  const results = features
    .filter(({ name }) => name in verdicts)
    .map((feature) => ({ feature, verdict: verdicts[feature.name]!, why: 'has none: never', seconds: 1 }));
  return { client, skipped: null, version: '1.2 (lib 3)', features: results, brokerFaults: [] };
}

const order = ['first', 'second', 'third'];
const all = [
  seen('second', { write: 'yes', read: 'no' }),
  seen('first', { write: 'yes', read: 'cannot', 'admin: all of it': 'yes' }),
  seen('third', { write: 'yes', read: 'yes', 'admin: all of it': 'cannot' }),
];
const written = writeTable(empty, mergeResults(readTable(empty), all), { features, order });

describe('the table of clients', () => {
  it('B1 has columns in order, a row for each feature in its section, and says what one client lacks', () => {
    expect(written.split('\n').filter((line) => line.startsWith('|'))).toEqual([
      '| Produce | first 1.2 (lib 3) | second 1.2 (lib 3) | third 1.2 (lib 3) |',
      '|---|---|---|---|',
      '| write | yes | yes | yes |',
      '| Other | first 1.2 (lib 3) | second 1.2 (lib 3) | third 1.2 (lib 3) |',
      '|---|---|---|---|',
      '| read | – | no | yes |',
      '| admin: all of it | yes |  | – |',
      '| client | what | why not |',
      '|---|---|---|',
      '| first | read | has none: never |',
    ]);
    expect(written.startsWith('# Title\n') && written.endsWith('\nWhat follows.\n')).toBe(true);
  });

  it('B1 is the same once it was read and written again, and what was not tried stays', () => {
    const again = mergeResults(readTable(written), []);
    expect(writeTable(written, again, { features, order })).toBe(written);
    const later = mergeResults(readTable(written), [seen('second', { write: 'no' })]);
    expect(writeTable(written, later, { features, order })).toBe(
      written.replace('| write | yes | yes | yes |', '| write | yes | no | yes |'),
    );
  });

  it('B1 differs where something was seen otherwise, better or worse', () => {
    expect(differences(readTable(written), all)).toEqual([]);
    const other = [seen('second', { write: 'no', read: 'yes' }), seen('fourth', { write: 'yes' })];
    expect(differences(readTable(written), other).map((text) => text.split('.')[0])).toEqual([
      'second: write: the table says yes, and it was no',
      'second: read: the table says no, and it was yes',
      'fourth: write: the table says nothing, and it was yes',
    ]);
    expect(differences(readTable(written), [{ ...seen('fourth', { write: 'yes' }), skipped: 'no toolchain' }])).toEqual(
      [],
    );
  });
});
