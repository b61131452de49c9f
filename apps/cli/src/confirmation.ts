import { createInterface } from 'node:readline/promises';
import { CommandError, usageError } from './command-error.ts';
import { isTerminal } from './command-context.ts';
import type { CommandContext } from './command-context.ts';
import { ExitCode } from './exit-code.ts';

/** For what cannot be undone: nobody is surprised in a script that has forgotten `--force`. */
export function requireForceOrTerminal(context: CommandContext, o: { forced: boolean; what: string }): void {
  if (!o.forced && !isTerminal(context.stdin))
    throw usageError(`${o.what} cannot be undone and nobody can be asked here; add --force`);
}

/** Asks on the terminal; whatever is not yes ends the command, which says what has not happened then. */
export async function confirm(
  context: CommandContext,
  question: string,
  otherwise = 'nothing was deleted',
): Promise<void> {
  const prompt = createInterface({ input: context.stdin, output: context.stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal: context.interrupt });
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError(ExitCode.failure, otherwise);
  } catch (error) {
    // At a prompt Ctrl-C is a key press and no signal; Ctrl-D and Ctrl-C both end it.
    if (error instanceof Error && error.name === 'AbortError')
      throw new CommandError(ExitCode.interrupted, otherwise, { cause: error });
    throw error;
  } finally {
    prompt.close();
  }
}
