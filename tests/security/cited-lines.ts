import { readRepositoryFile, typeScriptFiles } from '../repository/source-files.ts';
import { securityLines } from './sec-lines.ts';

// `it('A1, SEC-9: …'`, `describe('A1 SEC-9 …'`: lines of the security list stand behind rows of the mission.
const title = /['"`](?:[A-Z]\d,? )*(?<lines>(?:SEC-\d+[,:]? )+)/g;

/** The files of tests that cite each id, in order; ids that no line has among them. */
export function citedLines(): ReadonlyMap<string, readonly string[]> {
  const cited = new Map<string, string[]>();
  for (const path of typeScriptFiles().filter((file) => file.endsWith('.test.ts'))) {
    for (const match of readRepositoryFile(path).matchAll(title)) {
      for (const id of match.groups!['lines']!.match(/SEC-\d+/g)!) {
        const paths = cited.get(id) ?? [];
        if (!paths.includes(path)) cited.set(id, [...paths, path]);
      }
    }
  }
  return cited;
}

const beginMark = '<!-- security lines: written by `node --conditions=@q/source tests/security/write-lines.ts` -->';
const endMark = '<!-- security lines: end -->';

/** A document with the table between its marks; null: it has none. */
export function withSecurityLines(document: string): string | null {
  const [begin, end] = [document.indexOf(beginMark), document.indexOf(endMark)];
  if (begin < 0 || end < begin) return null;
  return `${document.slice(0, begin + beginMark.length)}\n\n${table()}\n${document.slice(end)}`;
}

function table(): string {
  const cited = citedLines();
  const rows = securityLines.map(({ id, about, holds }) => {
    const links = (cited.get(id) ?? []).map((path) => `[${nameOf(path)}](../${path})`);
    return `| ${id} | ${about} | ${holds} | ${links.join(', ')} |\n`;
  });
  return `| id | about | what holds | tests |\n|---|---|---|---|\n${rows.join('')}`;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.test\.ts$/, '');
}
