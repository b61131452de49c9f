import { codeOnly } from './code-text.ts';

export interface Import {
  /** What stands after `from`, e.g. `@q/protocol` or `./frame.ts`. */
  readonly specifier: string;
  /** Names taken from it; empty for `import * as`, side-effect and dynamic imports. */
  readonly names: readonly string[];
  readonly line: number;
}

// `import … from '…'`, `export … from '…'`, `import '…'`, `import('…')`. The clause may span lines.
const statement =
  /(?:^|[;}\s])(?:import|export)\s+(?:type\s+)?(?<clause>[\w$*{}\s,]*?)\s*from\s*(?<from>['"])|(?:^|[;}\s])import\s*(?<bare>['"])|\bimport\s*\(\s*(?<dynamic>['"])/g;

/** All modules that a source names. Positions are looked up in blanked code, names read from the original text. */
export function importsOf(source: string): Import[] {
  const code = codeOnly(source);
  const imports: Import[] = [];
  for (const match of code.matchAll(statement)) {
    const start = match.index + match[0].length;
    const quote = source[start - 1]!;
    imports.push({
      specifier: source.slice(start, source.indexOf(quote, start)),
      names: namesOf(match.groups?.['clause'] ?? ''),
      line: source.slice(0, start).split('\n').length,
    });
  }
  return imports;
}

function namesOf(clause: string): string[] {
  const braces = /\{([^}]*)\}/.exec(clause)?.[1] ?? '';
  return braces
    .split(',')
    .map(
      (part) =>
        part
          .trim()
          .replace(/^type\s+/, '')
          .split(/\s+as\s+/)[0]!,
    )
    .filter((name) => name !== '');
}
