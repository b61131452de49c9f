import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasCommand } from '../kafka/clients/command.ts';

const run = promisify(execFile);
const version = '1.8.0';
/** Seven minutes on two busy cores. */
export const buildMsMax = 1_200_000;

/**
 * The program of versitygw, built once and kept among the user's caches, by its version; or why it is not there. `nice`
 * lets everything else go first.
 */
export async function versityProgram(): Promise<string | { readonly missing: string }> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'q-object-stores');
  const program = join(folder, `versitygw-${version}`, 'versitygw');
  if (existsSync(program)) return program;
  if (!(await hasCommand('go', ['version']))) return { missing: 'without go there is no versitygw' };
  await mkdir(folder, { recursive: true });
  // Built beside, so that nobody starts half a program.
  const draft = await mkdtemp(join(folder, 'build-'));
  try {
    const env = { ...process.env, GOBIN: draft, GOTELEMETRY: 'off', CGO_ENABLED: '0', GOFLAGS: '-modcacherw' };
    const source = `github.com/versity/versitygw/cmd/versitygw@v${version}`;
    await run('nice', ['-n', '19', 'go', 'install', source], { env, timeout: buildMsMax, maxBuffer: 16 << 20 });
    await mkdir(join(folder, `versitygw-${version}`), { recursive: true });
    await rename(join(draft, 'versitygw'), program);
    return program;
  } catch (thrown) {
    return { missing: `versitygw cannot be built: ${String(thrown).split('\n').slice(0, 2).join(' ')}` };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
