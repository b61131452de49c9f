import { randomBytes } from 'node:crypto';
import { CommandError, usageError } from '../command-error.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { askSecret } from './password-prompt.ts';
import { oneSecret, secretFromInput } from './password-text.ts';

/** Nobody guesses one of 144 bits. */
const generatedBytes = 18;

export interface NewPasswordOptions {
  readonly generate?: boolean;
  /** A new file for the password that is made up. */
  readonly into?: string;
}

/** The password that a user is to have: made up, typed twice, or all of standard input. Never an argument. */
export async function newPassword(context: CommandContext, user: string, options: NewPasswordOptions): Promise<string> {
  if (options.generate === true) return randomBytes(generatedBytes).toString('base64url');
  const what = `the new password of ${user}`;
  if (!isTerminal(context.stdin)) return secretFromInput(context, what);
  const password = oneSecret(await askSecret(context, `new password of ${user}`), what);
  const again = await askSecret(context, 'once more');
  if (again !== password) throw new CommandError(ExitCode.failure, 'these were two passwords; nothing was changed');
  return password;
}

/** Before anything else is asked. @throws CommandError where standard input would be two things */
export function checkNewPassword(
  context: CommandContext,
  options: NewPasswordOptions & { readonly passwordFile?: string },
): void {
  if (options.into !== undefined && options.generate !== true)
    throw usageError('--into keeps a password that is made up; it goes with --generate');
  if (options.passwordFile === '-' && options.generate !== true && !isTerminal(context.stdin))
    throw usageError('standard input is the new password here; name a file with --password-file for your own');
}
