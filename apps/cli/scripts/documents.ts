import { readFileSync } from 'node:fs';
import { commandsMarkdown } from './commands-markdown.ts';
import { errorsMarkdown, kafkaMarkdown } from './errors-markdown.ts';

/** A document with generated sections: what it says now, and what it should say. */
export interface GeneratedDocument {
  readonly path: URL;
  readonly actual: string;
  readonly expected: string;
}

/** README.md with the commands from their definitions, and docs/ERRORS.md with the pages of all errors. */
export function generatedDocuments(): GeneratedDocument[] {
  return [
    generated('../README.md', { commands: commandsMarkdown() }),
    generated('../../../docs/ERRORS.md', { errors: errorsMarkdown(), kafka: kafkaMarkdown() }),
  ];
}

function generated(relativePath: string, sections: Readonly<Record<string, string>>): GeneratedDocument {
  const path = new URL(relativePath, import.meta.url);
  const actual = readFileSync(path, 'utf8');
  let expected = actual;
  for (const [section, text] of Object.entries(sections)) expected = withSection(expected, section, text);
  return { path, actual, expected };
}

/** What is around the two comments is written by hand. */
function withSection(document: string, section: string, text: string): string {
  const begin = `<!-- ${section}: generated, do not edit -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(`<!-- end of ${section} -->`);
  if (from < 0 || to < from) throw new Error(`the document has no section "${section}"`);
  return `${document.slice(0, from + begin.length)}\n\n${text}\n${document.slice(to)}`;
}
