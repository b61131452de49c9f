import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.ts';
import { productionSources, readManifest, readRepositoryFile, workspaceFolders, workspaceOf } from './source-files.ts';

// Who may import whom, as docs/ARCHITECTURE.md says. A new package is not allowed anything until it is listed here.
const allowedEdges: Readonly<Record<string, readonly string[]>> = {
  'packages/protocol': [],
  'packages/storage': ['@q/protocol'],
  'packages/coordinator': ['@q/protocol'],
  'packages/broker': ['@q/protocol', '@q/storage', '@q/coordinator', '@q/security'],
  'packages/client': ['@q/protocol'],
  'packages/kafka-gateway': ['@q/protocol', '@q/broker', '@q/security'],
  'packages/security': ['@q/protocol'],
  'packages/cluster': ['@q/protocol', '@q/storage'],
  'packages/admin': ['@q/protocol', '@q/broker', '@q/security'],
  'packages/testkit': ['@q/protocol', '@q/storage', '@q/coordinator', '@q/broker', '@q/client'],
  'apps/broker': ['@q/broker', '@q/kafka-gateway', '@q/admin'],
  // Offline tools read segment files and backups with storage's own readers; loaded by the commands that need them.
  'apps/cli': ['@q/client', '@q/cluster', '@q/protocol', '@q/storage'],
};

const oursPattern = /^@q\//;

describe('package edges', () => {
  it('lists every package and app', () => {
    expect(workspaceFolders().toSorted()).toEqual(Object.keys(allowedEdges).toSorted());
  });

  it('keeps every import of our packages inside the table', () => {
    const wrong: string[] = [];
    for (const path of productionSources()) {
      const allowed = allowedEdges[workspaceOf(path)] ?? [];
      for (const { specifier, line } of importsOf(readRepositoryFile(path))) {
        if (oursPattern.test(specifier) && !allowed.includes(specifier)) wrong.push(`${path}:${line} ${specifier}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('declares in package.json exactly what src uses', () => {
    const wrong: string[] = [];
    for (const folder of workspaceFolders()) {
      const { dependencies, optionalDependencies, peerDependencies } = readManifest(`${folder}/package.json`);
      const declared = new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }));
      const sources = productionSources().filter((path) => workspaceOf(path) === folder);
      const imported = new Set(sources.flatMap(packagesImported));
      for (const name of imported)
        if (!declared.has(name)) wrong.push(`${folder} imports ${name} but does not depend on it`);
      for (const name of imported)
        if (optionalDependencies?.[name] !== undefined)
          wrong.push(`${folder} cannot start without ${name}, which is optional`);
      // An optional accelerator is loaded by a name in a string, not by an import.
      const text = sources.map(readRepositoryFile).join('\n');
      for (const name of declared)
        if (!text.includes(`'${name}'`)) wrong.push(`${folder} depends on ${name} but does not use it`);
    }
    expect(wrong).toEqual([]);
  });

  it('loads what is optional only where it is wanted', () => {
    const wrong: string[] = [];
    for (const path of productionSources()) {
      const { peerDependencies = {} } = readManifest(`${workspaceOf(path)}/package.json`);
      for (const name of Object.keys(peerDependencies))
        if (new RegExp(`^(import|export) (?!type )[^;]*from '${name}'`, 'm').test(readRepositoryFile(path)))
          wrong.push(`${path} cannot be loaded without ${name}, which is optional`);
    }
    expect(wrong).toEqual([]);
  });

  it('never reaches into another package by a relative path', () => {
    const wrong: string[] = [];
    for (const path of productionSources()) {
      const root = `${workspaceOf(path)}/src/`;
      for (const { specifier, line } of importsOf(readRepositoryFile(path))) {
        if (!specifier.startsWith('.')) continue;
        const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
        if (!target.startsWith(root)) wrong.push(`${path}:${line} ${specifier}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('gives storage nothing of the protocol but record batches', () => {
    const recordBatchNames = namesExportedFrom(
      'packages/protocol/src/index.ts',
      /^\.\/(record-batch|batch|record|compression|checksum|limits|errors)\b/,
    );
    const wrong: string[] = [];
    for (const path of productionSources().filter((file) => file.startsWith('packages/storage/'))) {
      for (const { specifier, names, line } of importsOf(readRepositoryFile(path))) {
        if (specifier !== '@q/protocol') continue;
        for (const name of names) if (!recordBatchNames.has(name)) wrong.push(`${path}:${line} ${name}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('keeps the protocol and the coordinator free of input and output', () => {
    const wrong: string[] = [];
    for (const path of productionSources().filter((file) => /^packages\/(protocol|coordinator)\//.test(file))) {
      for (const { specifier, line } of importsOf(readRepositoryFile(path))) {
        const pure = ['node:assert', 'node:buffer', 'node:zlib', 'node:util', 'node:crypto', 'node:module'];
        if (specifier.startsWith('node:') && !pure.includes(specifier)) wrong.push(`${path}:${line} ${specifier}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

function packagesImported(path: string): string[] {
  return importsOf(readRepositoryFile(path))
    .map(({ specifier }) => specifier)
    .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .map((specifier) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
    );
}

function namesExportedFrom(index: string, module: RegExp): Set<string> {
  const exports = importsOf(readRepositoryFile(index)).filter(({ specifier }) => module.test(specifier));
  return new Set(exports.flatMap(({ names }) => names));
}
