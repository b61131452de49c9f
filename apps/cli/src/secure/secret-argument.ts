import { usageError } from '../command-error.ts';
import type { CommandError } from '../command-error.ts';

const secretFlag = /^--(password|token|secret|passwd|pass)(?:=|$)/s;

/**
 * What is wrong with a command line that has a secret in it, which every user of the machine can read in the list of
 * processes. The secret itself is not shown again.
 */
export function secretInArguments(argv: readonly string[]): CommandError | null {
  const end = argv.indexOf('--');
  for (const word of end < 0 ? argv : argv.slice(0, end)) {
    const name = secretFlag.exec(word)?.[1];
    if (name === undefined) continue;
    const kind = name === 'token' ? 'token' : 'password';
    const prompt = kind === 'password' ? 'leave it out to be asked, or ' : '';
    return usageError(
      `there is no --${name}: whatever stands in a command line can be read by every user of the machine, and stays in the history of the shell; ${prompt}name a file of mode 0600 with --${kind}-file, or a command with --${kind}-command`,
    );
  }
  return null;
}
