import { readFileSync } from 'node:fs';
import { needsMarkdown } from './needs-markdown.ts';

const begin = '<!-- needs: generated, do not edit -->';
const end = '<!-- end of needs -->';

/** docs/ACCESS.md as it is, and as it should be. */
export function generatedNeeds(): { path: URL; actual: string; expected: string } {
  const path = new URL('../../../docs/ACCESS.md', import.meta.url);
  const actual = readFileSync(path, 'utf8');
  const from = actual.indexOf(begin);
  const to = actual.indexOf(end);
  if (from < 0 || to < from) throw new Error('docs/ACCESS.md has no section for what APIs need');
  const expected = `${actual.slice(0, from + begin.length)}\n\n${needsMarkdown()}\n${actual.slice(to)}`;
  return { path, actual, expected };
}
