import { batchVectors } from './batch-vectors.ts';
import { toMarkdown } from './markdown.ts';
import { messageVectors } from './message-vectors.ts';
import { specification } from './specification.ts';

/** Every generated file: its path relative to the package, and its text. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const spec = specification();
  return new Map([
    ['spec/protocol.md', toMarkdown(spec)],
    ['spec/protocol.json', `${JSON.stringify(spec, null, 2)}\n`],
    ['vectors/messages.json', toLines(messageVectors())],
    ['vectors/batches.json', toListOfLines(batchVectors())],
  ]);
}

/** JSON with one vector on a line, so that a change shows as the lines that changed. */
function toLines(groups: object): string {
  const parts = Object.entries(groups).map(([name, entries]) => {
    const lines = (entries as readonly unknown[]).map((entry) => `    ${JSON.stringify(entry)}`);
    return `  ${JSON.stringify(name)}: [\n${lines.join(',\n')}\n  ]`;
  });
  return `{\n${parts.join(',\n')}\n}\n`;
}

function toListOfLines(entries: readonly unknown[]): string {
  return `[\n${entries.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n')}\n]\n`;
}
