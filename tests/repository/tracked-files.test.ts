import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { findLines } from './code-text.ts';
import { readRepositoryFile, repositoryFiles, repositoryRoot } from './source-files.ts';

const binary = /\.(bin|png|ico|gz|zst|lz4|snappy|log|index|timeindex|snapshot)$/;
const texts = repositoryFiles.filter((path) => !binary.test(path));

// Folders in which people and machines keep their checkouts, and whatever this one is kept in.
const machinePaths = [
  String.raw`(?<![\w.@-])/(?:home|Users|work|workspace|builds)/[\w.-]+`,
  literal(repositoryRoot),
  literal(homedir()),
]
  .filter((pattern) => pattern.length > 6)
  .join('|');

describe('tracked files', () => {
  it('name no path of any machine', () => {
    const wrong = texts.flatMap((path) =>
      findLines(readRepositoryFile(path), new RegExp(machinePaths)).map(({ line, text }) => `${path}:${line} ${text}`),
    );
    expect(wrong).toEqual([]);
  });

  it('leave the choice of registry to the machine', () => {
    expect(findLines(readRepositoryFile('pnpm-lock.yaml'), /https?:\/\/\S*|\btarball:/)).toEqual([]);
    expect(
      repositoryFiles.filter((path) => /(^|\/)(\.npmrc|\.yarnrc(\.yml)?|package-lock\.json|yarn\.lock)$/.test(path)),
    ).toEqual([]);
    const wrong = texts.flatMap((path) =>
      findLines(
        readRepositoryFile(path),
        /registry"?\s*[=:]\s*"?https?:|https?:\/\/(registry|npm|nexus|artifactory|verdaccio)[\w.-]*/i,
      ).map(({ line, text }) => `${path}:${line} ${text}`),
    );
    expect(wrong).toEqual([]);
  });
});

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
