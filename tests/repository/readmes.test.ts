import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  readRepositoryFile,
  recipeFolders,
  repositoryFiles,
  repositoryRoot,
  typeScriptFiles,
  workspaceFolders,
} from './source-files.ts';

const documents = repositoryFiles.filter((path) => path.endsWith('.md') && !path.startsWith('.changeset/'));

interface CodeBlock {
  readonly document: string;
  /** The example file that the block says it shows, relative to the repository. */
  readonly file: string;
  readonly code: string;
}

describe('documents', () => {
  it.each(['.', ...workspaceFolders(), ...recipeFolders(), 'bench'])(
    '%s has a README.md that says what it is',
    (folder) => {
      const path = join(folder, 'README.md');
      expect(repositoryFiles).toContain(path);
      expect(readRepositoryFile(path)).toMatch(/^# \S/);
    },
  );

  it('show the examples as they are in their files', () => {
    const blocks = documents.flatMap(namedBlocks);
    expect(blocks.length).toBeGreaterThan(0);
    for (const { document, file, code } of blocks) {
      expect(repositoryFiles, `${document} shows ${file}`).toContain(file);
      expect(code, `${document} shows ${file}`).toBe(exampleCode(file));
    }
  });

  it('mention every example, and a test runs each', () => {
    const tests = typeScriptFiles()
      .filter((path) => path.endsWith('.test.ts'))
      .map(readRepositoryFile)
      .join('\n');
    const prose = documents.map(readRepositoryFile).join('\n');
    for (const example of repositoryFiles.filter((path) => /(^|\/)examples\/[^/]+\.ts$/.test(path))) {
      const name = example.slice(example.lastIndexOf('/') + 1);
      expect(prose.includes(name), `${example} is mentioned in no document`).toBe(true);
      expect(tests.includes(name.replace(/\.ts$/, '')), `${example} is run by no test`).toBe(true);
    }
  });

  it.each(recipeFolders())('show every program of %s, which the README of the repository names', (folder) => {
    expect(readRepositoryFile('README.md')).toContain(`(${folder})`);
    expect(readRepositoryFile('tsconfig.json')).toContain(`"path": "${folder}"`);
    expect(
      repositoryFiles.filter((path) => path.startsWith(`${folder}/test/`) && path.endsWith('.test.ts')),
    ).not.toEqual([]);
    const readme = readRepositoryFile(join(folder, 'README.md'));
    const sources = repositoryFiles.filter((path) => path.startsWith(`${folder}/src/`));
    expect(sources.filter((path) => !readme.includes(path.slice(folder.length + 1)))).toEqual([]);
  });

  it('name only files and folders that exist', () => {
    expect(documents.flatMap(missingPaths)).toEqual([]);
  });

  it('are found out when they name a file that is not there', () => {
    const named = 'See `src/gone.ts`, `gone/`, `tests/gone`, `packages/broker/src/limits.ts`, `src/index.ts`, `k/s`.';
    expect(missingPathsIn('packages/broker/README.md', named)).toEqual(
      ['src/gone.ts', 'gone/', 'tests/gone'].map((path) => `packages/broker/README.md: ${path}`),
    );
  });

  it('link only to files that exist', () => {
    const wrong: string[] = [];
    for (const document of documents) {
      for (const match of readRepositoryFile(document).matchAll(/\]\((?!https?:|mailto:|#)([^)\s]+)\)/g)) {
        const target = match[1]!.replace(/#.*$/, '');
        if (!existsSync(join(repositoryRoot, dirname(document), target))) wrong.push(`${document}: ${match[1]!}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** What a run makes, and git does not keep. */
const madePaths: readonly string[] = ['bench/results', 'docs/api', 'data'];

const repositoryPaths: ReadonlySet<string> = new Set(
  repositoryFiles.flatMap((file) => {
    const parts = file.split('/');
    return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
  }),
);

function missingPaths(document: string): string[] {
  return missingPathsIn(document, readRepositoryFile(document));
}

const pathBetweenBackticks =
  /`((?:[\w-]+\/)*[\w.-]+\.ts|(?:[\w-]+\/)+|(?:packages|apps|tests|docs|examples|scripts|bench)\/[\w./-]+)`/g;

/**
 * Paths between backticks: a TypeScript file, a folder with its slash, or anything below a folder of the repository's
 * root. Documents of a package or app mean its own files by the end of a path, other documents any file by it.
 */
function missingPathsIn(document: string, text: string): string[] {
  const missing: string[] = [];
  const home = /^(packages|apps|examples)\/[^/]+\//.exec(document)?.[0] ?? '';
  for (const [, path = ''] of text.matchAll(pathBetweenBackticks)) {
    const plain = path.replace(/\/$/, '');
    if (madePaths.includes(plain) || repositoryPaths.has(plain)) continue;
    const isThere = [...repositoryPaths].some((known) => known.startsWith(home) && known.endsWith(`/${plain}`));
    if (!isThere) missing.push(`${document}: ${path}`);
  }
  return missing;
}

/** Code blocks that name their file: ```` ```ts file=examples/x.ts ```` or a first line `// examples/x.ts`. */
function namedBlocks(document: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (const match of readRepositoryFile(document).matchAll(
    /^```(?:ts|typescript)(?: file=(\S+))?\n(?:\/\/ (\S+\.ts)\n)?([\s\S]*?)^```$/gm,
  )) {
    const name = match[1] ?? match[2];
    if (name === undefined) continue;
    const beside = join(dirname(document), name);
    blocks.push({ document, file: repositoryFiles.includes(beside) ? beside : name, code: match[3]!.trim() });
  }
  return blocks;
}

/** The example without its own file-name comment, if it has one. */
function exampleCode(file: string): string {
  return readRepositoryFile(file)
    .replace(/^\/\/ \S+\.ts\n/, '')
    .trim();
}
