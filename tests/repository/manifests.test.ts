import { describe, expect, it } from 'vitest';
import { readManifest, readRepositoryFile, recipeFolders, repositoryFiles, workspaceFolders } from './source-files.ts';
import type { Manifest } from './source-files.ts';

const manifests = repositoryFiles.filter((path) => /(^|\/)package\.json$/.test(path));
const publicFolders = workspaceFolders().filter((folder) => readManifest(`${folder}/package.json`).private !== true);

// Not through the catalog, with the reason.
const excusedManifests: Readonly<Record<string, string>> = {
  'tests/node-24/package.json': 'brings a second release of a package that the catalog already names',
  'scripts/reference/package.json': 'brings a second release of a package that the catalog already names',
};

// What is there at run time beside our own, in a broker's way of a record (protocol, storage, broker) and out of it.
const runtimeDependencies: Readonly<Record<string, readonly string[]>> = {
  'packages/protocol': ['@node-rs/crc32', 'lz4-napi', 'snappy'],
  'packages/client': ['@standard-schema/spec'],
  'packages/security': ['jose', 're2js'],
  // Loaded when a store of S3 is opened, and not before.
  'packages/cluster': ['@aws-sdk/client-s3'],
  'packages/admin': ['@hono/node-server', 'hono', 'zod'],
  'apps/broker': ['jose', 'pino', 'yaml'],
  'apps/cli': ['cli-table3', 'commander', 'eventsource-parser', 'yaml'],
};

describe('package manifests', () => {
  it('A2, SEC-16: takes every version from the catalog', () => {
    const wrong: string[] = [];
    for (const path of manifests.filter((file) => !(file in excusedManifests))) {
      for (const [name, version] of dependenciesOf(readManifest(path))) {
        const right = name.startsWith('@q/') ? version === 'workspace:*' : version === 'catalog:';
        if (!right) wrong.push(`${path}: ${name} ${version}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('takes any fitting version of what an application brings by itself, and needs none of it', () => {
    for (const folder of publicFolders) {
      const { peerDependencies = {}, peerDependenciesMeta = {} } = readManifest(`${folder}/package.json`);
      for (const [name, range] of Object.entries(peerDependencies)) {
        expect({ folder, name, range }).toMatchObject({ range: expect.stringMatching(/^\^\d+\.\d+\.\d+$/) });
        expect({ folder, name, ...peerDependenciesMeta[name] }).toEqual({ folder, name, optional: true });
      }
    }
  });

  it('A2, SEC-16: pins every version in the catalog exactly', () => {
    const catalog = /^catalog:\n((?: {2}.*\n)+)/m.exec(readRepositoryFile('pnpm-workspace.yaml'))?.[1] ?? '';
    const entries = catalog.trimEnd().split('\n');
    expect(entries.length).toBeGreaterThan(5);
    expect(entries.filter((line) => !/^ {2}'?[@\w/.-]+'?: (npm:[@\w/-]+@)?\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  it('A2, SEC-16: lets nothing run while it is installed, and takes nothing that is younger than a day', () => {
    const workspace = readRepositoryFile('pnpm-workspace.yaml');
    const builds = /^allowBuilds:\n((?: {2}.*\n)+)/m.exec(workspace)?.[1] ?? '';
    expect(builds.trimEnd().split('\n')).not.toEqual(['']);
    expect(builds.match(/: (?!false$)\S+$/gm)).toBeNull();
    expect(Number(/^minimumReleaseAge: (\d+)$/m.exec(workspace)?.[1])).toBeGreaterThanOrEqual(24 * 60);
    // Else whatever is new in a range would be taken.
    expect(repositoryFiles).toContain('pnpm-lock.yaml');
    expect(workspace).not.toMatch(/^(minimumReleaseAgeExclude|dangerouslyAllowAllBuilds|onlyBuiltDependencies)/m);
    expect(readRepositoryFile('.ci/run')).toContain('pnpm install --frozen-lockfile');
  });

  it('A2, SEC-16: has few dependencies at run time, and in the way of a record only checksums and codecs', () => {
    const wrong = publicFolders.flatMap((folder) => {
      const { dependencies = {}, optionalDependencies = {} } = readManifest(`${folder}/package.json`);
      return Object.keys({ ...dependencies, ...optionalDependencies })
        .filter((name) => !name.startsWith('@q/') && !(runtimeDependencies[folder] ?? []).includes(name))
        .map((name) => `${folder}: ${name}`);
    });
    expect(wrong).toEqual([]);
  });

  it('has the same licence, engines and module type in each', () => {
    const root = readManifest('package.json');
    for (const folder of [...workspaceFolders(), ...recipeFolders()]) {
      const manifest = readManifest(`${folder}/package.json`);
      expect({ folder, license: manifest.license, type: manifest.type, engines: manifest.engines }).toEqual({
        folder,
        license: root.license,
        type: 'module',
        engines: root.engines,
      });
    }
  });

  it('publishes no recipe', () => {
    const wrong = recipeFolders().filter((folder) => readManifest(`${folder}/package.json`).private !== true);
    expect(recipeFolders()).not.toEqual([]);
    expect(wrong).toEqual([]);
  });

  it('builds before it packs, so that no package goes out without its types', () => {
    for (const folder of publicFolders)
      expect(readManifest(`${folder}/package.json`).scripts?.['prepack'], folder).toBe('pnpm run build');
  });

  it('A2, SEC-16: says to npm what it is, who may have it, and that its origin is signed', () => {
    for (const folder of publicFolders) {
      const { description, keywords, publishConfig, files } = readManifest(`${folder}/package.json`);
      expect({ folder, access: publishConfig?.access, provenance: publishConfig?.provenance }).toEqual({
        folder,
        access: 'public',
        provenance: true,
      });
      expect(description, folder).toMatch(/^[A-Z].{15,}\.$/);
      expect(keywords, folder).toEqual(expect.arrayContaining(['message-log', 'event-log']));
      expect(files, folder).toContain('CHANGELOG.md');
    }
  });

  it('publishes built files only, under the same export names as the workspace has', () => {
    for (const folder of publicFolders) {
      const { exports = {}, publishConfig, files } = readManifest(`${folder}/package.json`);
      expect(files, folder).toContain('dist');
      if (folder.startsWith('apps/')) continue;
      expect(exports['./internal/*'], folder).toBeNull();
      expect(Object.keys(publishConfig?.exports ?? {}), folder).toEqual(Object.keys(exports));
      expect(JSON.stringify(publishConfig), folder).not.toContain('src/');
    }
  });
});

function dependenciesOf(manifest: Manifest): [string, string][] {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  return [dependencies, devDependencies, optionalDependencies].flatMap((group) => Object.entries(group ?? {}));
}
