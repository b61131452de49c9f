import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** The programs as `pnpm start` and `pnpm q` run them: built. */
export const brokerMain: string = `${repositoryRoot}apps/broker/dist/main.js`;
export const commandMain: string = `${repositoryRoot}apps/cli/dist/main.js`;

/** Builds what changed since the last build. */
export async function buildPrograms(): Promise<void> {
  await run(process.execPath, ['scripts/bundle.ts', 'apps/broker', 'apps/cli'], { cwd: repositoryRoot });
}
