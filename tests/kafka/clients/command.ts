import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const installMsMax = 240_000;

/** Whether a program is there and does this. */
export async function hasCommand(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(program, args);
    return true;
  } catch {
    return false;
  }
}

/** Runs a step of an installation. Throws with what it wrote when it fails. */
export async function runCommand(
  program: string,
  args: readonly string[],
  { folder, env = {} }: { readonly folder?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const { stdout } = await run(program, args, {
    timeout: installMsMax,
    env: { ...process.env, ...env },
    maxBuffer: 16 << 20,
    ...(folder !== undefined && { cwd: folder }),
  });
  return stdout;
}
