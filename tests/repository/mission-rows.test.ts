import { describe, expect, it } from 'vitest';
import { readRepositoryFile, typeScriptFiles } from './source-files.ts';

// What is claimed to work. A row is added here when its first feature is merged, and never leaves.
const rows = [
  'P1 P2 P3 P4 P5',
  'C1 C2 C3 C4',
  'G1 G2 G3',
  'T1 T2 T3',
  'S1 S2 S3 S4',
  'W1 W2 W3',
  'B1 B2 B3 B4 B6',
  'Z1 Z3 Z4 Z5',
  'O3 O4 O5 Q1',
  'O2',
  'Q3',
  'M1 M2 O4',
].flatMap((line) => line.split(' '));

// `it('P4 …'`, `test("S1 S2 …"`, `it.each(…)('…'`, `test.prop(…)('…'`: the first text of a test. Ids stand at its
// start.
const testName =
  /\b(?:it|test)(?:\.\w+)*(?:\((?:\[[\s\S]{0,400}?\]|\w+)(?:,\s*\{[^}]*\})?\))?\(\s*(['"`])(?<name>(?:[A-Z]\d,? )+)/g;

const cited = new Map<string, string[]>();
for (const path of typeScriptFiles().filter(
  (file) => file.endsWith('.test.ts') && !file.startsWith('tests/repository/'),
)) {
  for (const match of readRepositoryFile(path).matchAll(testName)) {
    for (const id of match.groups!['name']!.split(/[ ,]+/).filter((part) => part !== '')) {
      cited.set(id, [...(cited.get(id) ?? []), path]);
    }
  }
}

describe('mission rows', () => {
  it.each(rows)('row %s is proven by a test that cites it', (id) => {
    expect(cited.get(id) ?? []).not.toEqual([]);
  });
});
