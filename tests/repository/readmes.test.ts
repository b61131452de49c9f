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
  it.each(['.', ...workspaceFolders(), ...recipeFolders(), 'bench'])('%s has a README.md that says what it is', (folder) => {
    const path = join(folder, 'README.md');
    expect(repositoryFiles).toContain(path);
    expect(readRepositoryFile(path)).toMatch(/^# \S/);
  });

  it('show the examples as they are in their files', () => {
    const blocks = documents.flatMap(namedBlocks);
    expect(blocks.length).toBeGreaterThan(0);
    for (const { document, file, code } of blocks) {
      expect(repositoryFiles, `${document} shows ${file}`).toContain(file);
      expect(code, `${document} shows ${file}`).toBe(exampleCode(file));
    }
  });

  it('mention every example, and a test runs each', () => {
    const tests = typeScriptFiles().filter((path) => path.endsWith('.test.ts')).map(readRepositoryFile).join('\n');
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
    expect(repositoryFiles.filter((path) => path.startsWith(`${folder}/test/`) && path.endsWith('.test.ts'))).not.toEqual([]);
    const readme = readRepositoryFile(join(folder, 'README.md'));
    const sources = repositoryFiles.filter((path) => path.startsWith(`${folder}/src/`));
    expect(sources.filter((path) => !readme.includes(path.slice(folder.length + 1)))).toEqual([]);
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

/** Code blocks that name their file: ```` ```ts file=examples/x.ts ```` or a first line `// examples/x.ts`. */
function namedBlocks(document: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (const match of readRepositoryFile(document).matchAll(/^```(?:ts|typescript)(?: file=(\S+))?\n(?:\/\/ (\S+\.ts)\n)?([\s\S]*?)^```$/gm)) {
    const name = match[1] ?? match[2];
    if (name === undefined) continue;
    const beside = join(dirname(document), name);
    blocks.push({ document, file: repositoryFiles.includes(beside) ? beside : name, code: match[3]!.trim() });
  }
  return blocks;
}

/** The example without its own file-name comment, if it has one. */
function exampleCode(file: string): string {
  return readRepositoryFile(file).replace(/^\/\/ \S+\.ts\n/, '').trim();
}
