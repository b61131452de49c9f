import type { Readable } from 'node:stream';
import { readTextFile } from '../input/text-file.ts';
import { CommandError, usageError } from '../command-error.ts';
import type { CommandContext } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';

const claimed = new WeakMap<Readable, string>();

/** Standard input can be read once. @throws CommandError where two things are to come from it */
export function claimInput(context: CommandContext, what: string): void {
  const by = claimed.get(context.stdin);
  if (by !== undefined && by !== what)
    throw usageError(`standard input is ${by}, and cannot be ${what} as well; name a file for one of them`);
  claimed.set(context.stdin, what);
}

/** All of standard input, as a secret. */
export async function secretFromInput(context: CommandContext, what: string): Promise<string> {
  claimInput(context, what);
  return oneSecret(await readTextFile('-', context.stdin, context.interrupt), what);
}

/** Without the newline that editors and `echo` put behind it. @throws CommandError where nothing is left */
export function oneSecret(text: string, what: string): string {
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new CommandError(ExitCode.failure, `${what} is empty`);
  if (/[\r\n]/.test(secret)) throw new CommandError(ExitCode.failure, `${what} has more than one line`);
  return secret;
}
