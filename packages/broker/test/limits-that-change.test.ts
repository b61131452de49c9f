import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { defaultLimits, restartLimits } from '../src/limits.ts';

const src = fileURLToPath(new URL('../src/', import.meta.url));

/** Read once, and read again where it counts. */
const excused: Readonly<Record<string, string>> = {
  connectionsMax: 'told in the log of the start',
  partitionsMax: 'told in the log of the start',
  checkTurnBytesMax: 'of the first turn',
};

/** Where parts of a broker are made, once: what is read there stays what it was. */
function madeOnce(path: string): string {
  const source = readFileSync(src + path, 'utf8');
  const constructors = [...source.matchAll(/^ {2}(?:private )?constructor\([\s\S]*?^ {2}\}$/gm)].map(([text]) => text);
  // A composition root is one big constructor, but for what it hands on to be asked later.
  const root = /^(start-broker|open-\w+)\.ts$/.test(path) ? [source] : [];
  return [...constructors, ...root]
    .join('\n')
    .replaceAll(/get \w+\(\)[^{]*\{\s*return limits\.\w+;\s*\}/g, '')
    .replaceAll(/\(\) => limits\.\w+/g, '')
    .replaceAll(/= limits\.closeTimeoutMs \}/g, '');
}

it('O3 every limit that is read once is one that needs a restart', () => {
  const readOnce = new Map<string, string>();
  for (const path of globSync('**/*.ts', { cwd: src }))
    for (const [, name = ''] of madeOnce(path).matchAll(/\blimits\.(\w+)/g)) readOnce.set(name, path);
  const known = [...readOnce].filter(([name]) => name in defaultLimits);
  const wrong = known.filter(([name]) => !restartLimits.has(name as keyof typeof defaultLimits) && !(name in excused));
  expect(known.length).toBeGreaterThan(5);
  // Read it where it counts, or name it in `restartLimits`.
  expect(wrong).toEqual([]);
});
