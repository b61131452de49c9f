import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../packages/command.ts';
import { publicPackages, repositoryRoot } from '../packages/empty-project.ts';

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(join(repositoryRoot, path), 'utf8'));
}

// The rehearsal itself is a step of .ci/run: it takes more than a minute.
describe('pnpm release', () => {
  it('publishes nothing without --dry-run, and says what a release needs', async () => {
    const release = runCommand('node', ['--conditions=@q/source', 'tests/release/release.ts'], { cwd: repositoryRoot });
    await expect(release).rejects.toThrow(/pnpm release --dry-run\n.*token of npm.*provenance,\n.*"repository"/);
  });

  it('gives every public package, and no other, the versions that belong together', async () => {
    const names = await Promise.all(
      publicPackages.map(async (folder) => ((await readJson(`${folder}/package.json`)) as { name: string }).name),
    );
    const { linked, access, privatePackages } = (await readJson('.changeset/config.json')) as Record<string, unknown>;
    // A pattern would take in private packages too, which have no version, and changesets would stop.
    expect({ linked: (linked as string[][]).map((group) => group.toSorted()), access, privatePackages }).toEqual({
      linked: [names.toSorted()],
      access: 'public',
      privatePackages: { version: false, tag: false },
    });
  });
});
