import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { limits } from '../limits.ts';
import { PeerMissing } from '../peer.ts';
import type { Command } from '../tool.ts';

const run = promisify(execFile);

/** Runs a package tool as the machine has it set up. @throws PeerMissing when the tool is not there or fails */
export async function fetchWith({ program, args, env, folder }: Command): Promise<string> {
  try {
    const { stdout } = await run(program, args, {
      cwd: folder,
      env: { ...process.env, ...env },
      timeout: limits.installTimeoutMs,
      maxBuffer: limits.outputCharsMax * 16,
    });
    return stdout;
  } catch (cause) {
    const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new PeerMissing(isAbsent ? `${program} is not installed` : `${program} failed: ${lastWords(cause)}`, {
      cause,
    });
  }
}

/** The first line that says what went wrong; package tools write many more. */
function lastWords(cause: unknown): string {
  const said =
    cause instanceof Error && 'stderr' in cause
      ? `${String(cause.stderr)}\n${'stdout' in cause ? String(cause.stdout) : ''}`
      : String(cause);
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /error|unable|cannot/i.test(line)) ?? lines.at(-1) ?? 'it said nothing';
}
