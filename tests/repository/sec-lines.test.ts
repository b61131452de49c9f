import { describe, expect, it } from 'vitest';
import { securityLines } from '../security/sec-lines.ts';
import { readRepositoryFile, typeScriptFiles } from './source-files.ts';

// `it('A1, SEC-9: …'`, `describe('A1 SEC-9 …'`: lines of the security list stand behind rows of the mission.
const title = /['"`](?:[A-Z]\d,? )*(?<lines>(?:SEC-\d+[,:]? )+)/g;

const cited = new Map<string, string[]>();
for (const path of typeScriptFiles().filter((file) => file.endsWith('.test.ts'))) {
  for (const match of readRepositoryFile(path).matchAll(title)) {
    for (const id of match.groups!['lines']!.match(/SEC-\d+/g)!) cited.set(id, [...(cited.get(id) ?? []), path]);
  }
}

describe('lines of the security list', () => {
  it('are all there, in order', () => {
    expect(securityLines.map(({ id }) => id)).toEqual(Array.from({ length: 16 }, (_, at) => `SEC-${at + 1}`));
    expect(securityLines.filter(({ holds }) => !/^[A-Z].{20,}\.$/.test(holds))).toEqual([]);
  });

  it.each(securityLines)('$id is proven by a test that cites it', ({ id }) => {
    expect(cited.get(id) ?? []).not.toEqual([]);
  });

  it('are cited by names that there are', () => {
    const ids = new Set<string>(securityLines.map(({ id }) => id));
    expect([...cited].filter(([id]) => !ids.has(id))).toEqual([]);
  });
});
