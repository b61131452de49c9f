import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeOnly, findLines } from './code-text.ts';
import { productionSources, readRepositoryFile, repositoryFiles, typeScriptFiles } from './source-files.ts';

const linesMax = 500;
const columnsMax = 120;
// Longer files, each with the reason why splitting would make it worse.
const longFiles: Readonly<Record<string, string>> = {
  'apps/broker/src/setting-rules.ts': 'it is made from the schema, a row for each setting',
};

// In brackets so that this file does not find itself.
const unfinishedPattern = /[T]ODO|[F]IXME|[X]XX\b|[H]ACK\b|[@]ts-(?:ignore|expect-error|nocheck)/;
const suppressedTestPattern = /\b(?:it|test|describe)\.(?:only|skip|todo|fails)\b|\bx(?:it|describe|test)\(/;

describe('house style', () => {
  it('has an index.ts in every package that lists its exports one by one', () => {
    const wrong = typeScriptFiles()
      .filter((path) => /^packages\/[^/]+\/src\//.test(path))
      .flatMap((path) =>
        findLines(codeOnly(readRepositoryFile(path)), /export\s*\*/).map(({ line }) => `${path}:${line}`),
      );
    expect(wrong).toEqual([]);
  });

  it('names files after one noun, in kebab case', () => {
    const vague = /^(utils?|helpers?|common|misc|shared|stuff|types|constants)\.ts$/;
    const wrong = typeScriptFiles().filter((path) => {
      const name = basename(path);
      return vague.test(name) || !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|d))?\.ts$/.test(name);
    });
    expect(wrong).toEqual([]);
  });

  it(`keeps files under ${linesMax} lines`, () => {
    const lengths = typeScriptFiles().map((path) => ({ path, lines: readRepositoryFile(path).split('\n').length }));
    const wrong = lengths.filter(({ path, lines }) => lines > linesMax && !(path in longFiles));
    expect(wrong).toEqual([]);
    expect(
      Object.keys(longFiles).filter((path) => !lengths.some((file) => file.path === path && file.lines > linesMax)),
    ).toEqual([]);
  });

  it(`keeps lines within ${columnsMax} columns, but for texts and addresses that have no place to break`, () => {
    const wrong = typeScriptFiles().flatMap((path) =>
      linesOf(path).filter(({ text }) => isTooLong(text) && !hasLongText(text)),
    );
    expect(wrong.map(({ path, line, text }) => `${path}:${line} ${text.trim()}`)).toEqual([]);
  });

  it(`keeps documents within ${columnsMax} columns, but for tables, code and addresses`, () => {
    const documents = repositoryFiles.filter((path) => path.endsWith('.md') && !path.endsWith('CHANGELOG.md'));
    const wrong = documents.flatMap((path) =>
      proseOf(path).filter(({ text }) => isTooLong(text) && !/https?:\/\/|\]\(\S{60,}\)/.test(text)),
    );
    expect(wrong.map(({ path, line, text }) => `${path}:${line} ${text}`)).toEqual([]);
  });

  it('leaves nothing unfinished', () => {
    const wrong = repositoryFiles
      .filter((path) => /\.(ts|json|ya?ml|md|py|sh)$/.test(path) || path.startsWith('.ci/'))
      .flatMap((path) =>
        findLines(readRepositoryFile(path), unfinishedPattern).map(({ line, text }) => `${path}:${line} ${text}`),
      );
    expect(wrong).toEqual([]);
  });

  it('runs every test that is written', () => {
    const wrong = typeScriptFiles()
      .filter((path) => path.endsWith('.test.ts'))
      .flatMap((path) =>
        findLines(codeOnly(readRepositoryFile(path)), suppressedTestPattern).map(
          ({ line, text }) => `${path}:${line} ${text}`,
        ),
      );
    expect(wrong).toEqual([]);
  });

  it('compares a text with a pattern only where that can fail', () => {
    // In the object that `toMatchObject` is given, a pattern fits every text: `expect.stringMatching` is meant.
    const wrong = typeScriptFiles()
      .filter((path) => path.endsWith('.test.ts'))
      .filter((path) => /toMatchObject\(\s*[[{][^()]*?:\s*\/(?![/*])/.test(readRepositoryFile(path)));
    expect(wrong).toEqual([]);
    const pattern = /b/;
    expect({ text: 'a' }, 'as long as vitest does so').toMatchObject({ text: pattern });
  });

  it('swallows no error', () => {
    const wrong = productionSources().flatMap((path) =>
      findLines(
        codeOnly(readRepositoryFile(path)),
        /catch\s*(\(\w+\))?\s*\{\s*\}|\.catch\(\s*\(\s*\)\s*=>\s*\{\s*\}\s*\)/,
      ).map(({ line, text }) => `${path}:${line} ${text}`),
    );
    expect(wrong).toEqual([]);
  });

  it('casts nothing to any', () => {
    const wrong = typeScriptFiles().flatMap((path) =>
      findLines(codeOnly(readRepositoryFile(path)), /\bas any\b|<any>/).map(
        ({ line, text }) => `${path}:${line} ${text}`,
      ),
    );
    expect(wrong).toEqual([]);
  });
});

interface Line {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

function linesOf(path: string): Line[] {
  return readRepositoryFile(path)
    .split('\n')
    .map((text, at) => ({ path, line: at + 1, text }));
}

/** Without tables, code and comments. */
function proseOf(path: string): Line[] {
  let isCode = false;
  return linesOf(path).filter(({ text }) => {
    if (/^\s*```/.test(text)) isCode = !isCode;
    return !isCode && !/^\s*(\||<!--)/.test(text);
  });
}

function isTooLong(text: string): boolean {
  return text.length > columnsMax;
}

/** A string, a template or a pattern that the formatter leaves whole; a picture or an address in a comment. */
function hasLongText(text: string): boolean {
  if (/^\s*(\/\/|\*|\/\*)/.test(text)) return /https?:\/\/|\S {3,}\S|[│┌└├─]/.test(text);
  return /(['"`/]).{24,}\1/.test(text);
}
