import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasCommand, runCommand } from './kafka/clients/command.ts';

const cacheFolder = fileURLToPath(new URL('../node_modules/.cache/python', import.meta.url));

/** Where the programs of an environment are, or why there is none. */
export type PythonEnvironment = { readonly programs: string } | { readonly missing: string };

/** A virtual environment with what a file of requirements names, made once. */
export async function pythonEnvironment(name: string, requirements: string): Promise<PythonEnvironment> {
  if (!(await hasCommand('python3', ['-m', 'venv', '--help']))) return { missing: 'there is no python3 with venv' };
  const wanted = await readFile(requirements, 'utf8');
  const environment = join(cacheFolder, name);
  const programs = join(environment, 'bin');
  const python = join(programs, 'python');
  // Written last, so that an installation that was cut short is begun again.
  const mark = join(environment, 'installed');
  if (existsSync(mark) && existsSync(python) && (await readFile(mark, 'utf8')) === wanted) return { programs };
  await rm(environment, { recursive: true, force: true });
  try {
    await runCommand('python3', ['-m', 'venv', environment]);
    // Wheels only: nothing of a package runs while it is installed.
    const options = ['--quiet', '--disable-pip-version-check', '--only-binary', ':all:'];
    await runCommand(python, ['-m', 'pip', 'install', ...options, '-r', requirements]);
  } catch (thrown) {
    return { missing: `the packages for ${name} cannot be installed: ${String(thrown).split('\n')[0]}` };
  }
  await writeFile(mark, wanted);
  return { programs };
}
