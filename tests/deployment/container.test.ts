import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../kafka/clients/command.ts';
import { pythonEnvironment } from '../python-environment.ts';
import type { PythonEnvironment } from '../python-environment.ts';

const file = fileURLToPath(new URL('../../deploy/container/Containerfile', import.meta.url));
const requirements = fileURLToPath(new URL('hadolint-requirements.txt', import.meta.url));

let environment: PythonEnvironment;
beforeAll(async () => {
  environment = await pythonEnvironment('hadolint', requirements);
  if ('missing' in environment) console.warn(`the Containerfile is not linted here: ${environment.missing}`);
}, 240_000);

describe('the Containerfile', () => {
  it('Q1 is what hadolint finds nothing wrong with', async (context) => {
    if ('missing' in environment) return context.skip(environment.missing);
    const hadolint = join(environment.programs, 'hadolint');
    expect(await runCommand(hadolint, ['--no-fail', file])).toBe('');
    const wrong = fileURLToPath(new URL('wrong.Containerfile', import.meta.url));
    expect(await runCommand(hadolint, ['--no-fail', wrong])).toContain('DL3002');
  });

  it('Q1 runs the Node that the broker is made for, as nobody in particular', async () => {
    const text = await readFile(file, 'utf8');
    const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
      engines: { node: string };
    };
    expect(manifest.engines.node).toContain('>=26');
    const workspace = await readFile(new URL('../../pnpm-workspace.yaml', import.meta.url), 'utf8');
    const version = /^nodeVersion: (.*)$/m.exec(workspace)?.[1];
    expect(/^ARG NODE_IMAGE=node:([\d.]+)-/m.exec(text)?.[1]).toBe(version);
    expect(/^USER (\d+):\d+$/m.exec(text)?.[1]).toBe('10001');
  });

  it('Q1 sets no variable that the broker does not know', async () => {
    const reference = await readFile(new URL('../../docs/CONFIGURATION.md', import.meta.url), 'utf8');
    const names = [...(await readFile(file, 'utf8')).matchAll(/\b(Q_[A-Z_]+)=/g)].map(([, name]) => name);
    expect(names).toContain('Q_DATA_DIR');
    expect(names.filter((name) => !reference.includes(`\`${name}\``))).toEqual([]);
  });
});
