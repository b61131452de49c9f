import { spawn } from 'node:child_process';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';

/** One may have to be unlocked by hand. */
const commandMsMax = 120_000;
const outputBytesMax = 64 << 10;

/** What a command of the user writes to standard output. What it has to say stands on standard error, as it says it. */
export async function outputOfCommand(
  command: string,
  { what, signal }: { readonly what: string; readonly signal: AbortSignal },
): Promise<string> {
  const child = spawn(command, {
    shell: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: commandMsMax,
    signal,
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > outputBytesMax) child.kill();
    else chunks.push(chunk);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // The command itself may hold a secret, so that it is not shown.
  if (code === 0 && bytes <= outputBytesMax) return Buffer.concat(chunks).toString('utf8');
  const end = bytes > outputBytesMax ? `wrote more than ${outputBytesMax} bytes` : `ended with ${code ?? 'a signal'}`;
  throw new CommandError(ExitCode.failure, `${what} ${end}`, { hint: 'run it by hand to see why' });
}
