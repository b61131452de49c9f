import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.ts';

describe('importsOf', () => {
  it('finds every form of import with its line and names', () => {
    const source = [
      "import { a, type B, c as d } from './one.ts';",
      'import type {',
      '  E,',
      "} from '@q/two';",
      "import * as three from 'three';",
      "import './four.ts';",
      "export { f } from './five.ts';",
      "const six = await import('six');",
      "// import { x } from 'comment';",
      'const text = "import { y } from \'string\'";',
    ].join('\n');
    expect(importsOf(source)).toEqual([
      { specifier: './one.ts', names: ['a', 'B', 'c'], line: 1 },
      { specifier: '@q/two', names: ['E'], line: 4 },
      { specifier: 'three', names: [], line: 5 },
      { specifier: './four.ts', names: [], line: 6 },
      { specifier: './five.ts', names: ['f'], line: 7 },
      { specifier: 'six', names: [], line: 8 },
    ]);
  });
});
