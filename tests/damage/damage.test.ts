import { MemoryFileSystem } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { allDamage, damaged, sampleDamage } from './damage.ts';
import { run } from './damage-rig.ts';
import { makeImages } from './fixture.ts';
import { readFolder } from './folder.ts';
import { expectedOf, inspectLogs } from './log-inspection.ts';
import { seededRandom } from '@q/testkit';

// More: DAMAGE_COUNT=all pnpm test tests/damage, or tests/rig.ts. A failure prints the one damage that shows it.
const count = process.env['DAMAGE_COUNT'] ?? '8000';
const seed = Number(process.env['DAMAGE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const timeoutMs = count === 'all' ? 1_200_000 : 120_000;

describe(`damage to files at rest, seed ${seed}`, () => {
  it('S2 B8 no damaged file makes a record wrong, or lets one go without a word', { timeout: timeoutMs }, async () => {
    const report = await run({ count: count === 'all' ? 'all' : Number(count), seed });
    expect(report.failures).toEqual([]);
    expect(report.runs).toBeGreaterThan(5_000);
    // Each outcome occurs: a rig that sees one kind only looks at nothing.
    for (const outcome of ['unharmed', 'told', 'quarantined', 'refused', 'tail cut'])
      expect(report.notes).toHaveProperty([outcome]);
  });

  it('the fixture has every kind of file, and three segments of each topic', async () => {
    const [clean, crashed] = await makeImages();
    const names = [...clean!.folder.keys()].map((path) => path.replace(/\d{20}/, 'N'));
    expect(new Set(names)).toEqual(
      new Set([
        '.clean-shutdown',
        'format',
        'clock-checkpoint',
        'journal.0',
        'log-start-offset-checkpoint',
        'recovery-point-offset-checkpoint',
        ...['__metadata', 'orders', 'table'].flatMap((topic) =>
          ['N.log', 'N.index', 'N.timeindex', 'N.snapshot', 'leader-epoch-checkpoint', 'partition.metadata'].map(
            (name) => `${topic}-0/${name}`,
          ),
        ),
        'orders-0/N.message-ids',
        'table-0/cleaner-checkpoint',
      ]),
    );
    for (const topic of ['orders-0', 'table-0'])
      expect(names.filter((name) => name === `${topic}/N.log`).length).toBeGreaterThanOrEqual(3);
    expect(crashed!.folder.has('.clean-shutdown')).toBe(false);
  });

  it('the same fixture is made each time, and the same seed chooses the same damage', async () => {
    const [first, second] = [await makeImages(), await makeImages()];
    expect(second).toEqual(first);
    const choose = (): unknown => sampleDamage(first[0]!.folder, { count: 500, random: seededRandom(seed) });
    expect(choose()).toEqual(choose());
  });

  it('all damage is every bit and every size of every file', async () => {
    const folder = new Map([['a/b', Buffer.from([1, 2])]]);
    const all = allDamage(folder);
    expect(
      all.filter(({ kind }) => kind === 'flip').map((damage) => damaged(Buffer.from([1, 2]), damage)?.toString('hex')),
    ).toHaveLength(16);
    expect(
      all.filter(({ kind }) => kind === 'cut').map((damage) => damaged(Buffer.from([1, 2]), damage)?.length),
    ).toEqual([0, 1]);
    await expect(readFolder(new MemoryFileSystem())).rejects.toThrow('ENOENT');
  });
});

describe('the rig notices', () => {
  it('a record that is not what was written, and one that is missing', async () => {
    const [clean] = await makeImages();
    const expected = await expectedOf(clean!);
    const orders = expected[0]!;
    const records = new Map(orders.records).set(5, 'something else').set(999, 'never stored');
    const verdict = await inspectLogs(clean!, { path: '.clean-shutdown', kind: 'missing', at: 0 }, [
      { ...orders, records },
    ]);
    expect(verdict.wrongs).toContain('offset 5 is not what was written');
    expect(verdict.wrongs.join()).toContain('records are missing and nothing says so: 999');
  });

  it('a record that nobody has written', async () => {
    const [clean] = await makeImages();
    const orders = (await expectedOf(clean!))[0]!;
    const records = new Map(orders.records);
    records.delete(7);
    const verdict = await inspectLogs(clean!, { path: '.clean-shutdown', kind: 'missing', at: 0 }, [
      { ...orders, records },
    ]);
    expect(verdict.wrongs.join()).toContain('offset 7 was never written');
  });
});
