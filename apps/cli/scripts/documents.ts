import { readFileSync } from 'node:fs';
import { commandsMarkdown } from './commands-markdown.ts';

const begin = '<!-- commands: generated, do not edit -->';
const end = '<!-- end of commands -->';

/** The README as it is, and as it should be: the commands between the two comments come from their definitions. */
export function generatedReadme(): { path: URL; actual: string; expected: string } {
  const path = new URL('../README.md', import.meta.url);
  const actual = readFileSync(path, 'utf8');
  const from = actual.indexOf(begin);
  const to = actual.indexOf(end);
  if (from < 0 || to < from) throw new Error('README.md has no section for the commands');
  return {
    path,
    actual,
    expected: `${actual.slice(0, from + begin.length)}\n\n${commandsMarkdown()}\n${actual.slice(to)}`,
  };
}
