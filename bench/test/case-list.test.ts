import { describe, expect, it } from 'vitest';
import { allCases, caseKey, chosenCases, estimatedMs } from '../src/case-list.ts';
import { profiles } from '../src/profile.ts';
import { targets } from '../src/targets.ts';

const directory = '/nowhere';
const full = allCases({ profile: profiles.full, directory });
const quick = allCases({ profile: profiles.quick, directory });
const keysOf = (cases: typeof full): string[] =>
  cases.flatMap((subject) =>
    [subject, ...(subject.readings ?? [])].map(({ name }) => caseKey({ group: subject.group, name })),
  );

describe('the cases', () => {
  it('have names of their own', () => {
    expect(keysOf(full).filter((key, index, all) => all.indexOf(key) !== index)).toEqual([]);
  });

  it('Z1 Z2 Z3 Z4 Z5 include every case that a target names, with the programs that it compares', () => {
    const missing = targets.filter((target) => {
      const subject = full.find(
        ({ name, group, readings = [] }) =>
          group === target.group && [name, ...readings.map((reading) => reading.name)].includes(target.case),
      );
      const names = subject?.variants.map(({ name }) => name) ?? [];
      return !names.includes('product') || (target.per !== undefined && !names.includes(target.per.variant));
    });
    expect(missing).toEqual([]);
  });

  it('are in a quick run some of those of a full one, from every group, within two minutes', () => {
    const groups = (cases: typeof full): string[] => [...new Set(cases.map(({ group }) => group))];
    expect(groups(quick)).toEqual(groups(full));
    expect(quick.reduce((sum, subject) => sum + estimatedMs(subject, profiles.quick), 0)).toBeLessThan(120_000);
  });

  it('are chosen by a part of their key, or of that of a reading', () => {
    expect(chosenCases(full, []).length).toBe(full.length);
    expect(chosenCases(full, ['consume: 100 B, 1 part., by batch, cold']).map(({ name }) => name)).toEqual([
      '100 B, 1 part., by batch, cold',
    ]);
    expect(chosenCases(full, ['fetch by time, 10 GiB', 'memory: ']).map(({ group }) => group)).toEqual([
      'memory',
      'growth, reads',
    ]);
    expect(chosenCases(full, ['produce: 100 B, 12 part., fsync']).map(({ name }) => name)).toEqual([
      '100 B, 12 part., fsync',
    ]);
    expect(chosenCases(full, ['produce: 100 B, 12 part., fsync,']).length).toBeGreaterThan(1);
    expect(chosenCases(full, ['no such case'])).toEqual([]);
  });
});
