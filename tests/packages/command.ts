import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface CommandOptions {
  readonly cwd: string;
  /** Folders that come first in PATH. */
  readonly path?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Runs a program to its end and returns what it wrote to stdout. Throws with all of its output when it fails. */
export async function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  try {
    const { stdout } = await run(command, args, {
      cwd: options.cwd,
      env: {
        ...plainEnvironment(),
        ...options.env,
        PATH: [...(options.path ?? []), process.env['PATH'] ?? ''].join(':'),
      },
      timeout: options.timeoutMs ?? 120_000,
      // A program that hangs may not hear anything else.
      killSignal: 'SIGKILL',
      maxBuffer: 64 << 20,
    });
    return stdout;
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause });
  }
}

/**
 * The environment of somebody who does not work on this repository: Node is not told to resolve `@q/source`, nor to
 * look into the workspace, and npm does not hear that another package manager is running it. Where packages come from
 * stays the machine's choice.
 */
function plainEnvironment(): NodeJS.ProcessEnv {
  const foreign =
    /^(NODE_OPTIONS|NODE_PATH|INIT_CWD|PNPM_|Q_|VITEST|npm_(?!config_(registry|cafile|https?_proxy|noproxy|cache|userconfig)))/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
