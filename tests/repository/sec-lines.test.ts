import { describe, expect, it } from 'vitest';
import { citedLines, withSecurityLines } from '../security/cited-lines.ts';
import { securityLines } from '../security/sec-lines.ts';
import { readRepositoryFile, repositoryFiles } from './source-files.ts';

const cited = citedLines();

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

  it('stand in the documents with the tests that prove them: see tests/security/write-lines.ts', () => {
    const documents = repositoryFiles.filter((path) => path.startsWith('docs/') && path.endsWith('.md'));
    const wrong = documents.filter((path) => {
      const text = readRepositoryFile(path);
      const written = withSecurityLines(text);
      return written !== null && cellsOf(written) !== cellsOf(text);
    });
    expect(wrong).toEqual([]);
  });
});

/** The formatter pads cells and rules of tables as it likes. */
function cellsOf(document: string): string {
  return document.replaceAll(/ *\| */g, '|').replaceAll(/-{3,}/g, '---');
}
