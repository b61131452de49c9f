import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CommandError } from '../command-error.ts';
import type { CommandContext } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';

/** Asks on the terminal; what is typed is not shown. */
export async function askSecret(context: CommandContext, question: string): Promise<string> {
  const { stdin, stderr, interrupt } = context;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // A line editor that thinks it has a terminal switches the echo of the real one off; what it would show goes nowhere.
  const prompt = createInterface({ input: stdin, output: nowhere, terminal: true });
  stderr.write(`${question}: `);
  try {
    return await new Promise<string>((resolve, reject) => {
      const stop = (): void => reject(new CommandError(ExitCode.interrupted, 'no password was given'));
      prompt.once('SIGINT', stop);
      prompt.once('close', stop);
      void prompt.question('', { signal: interrupt }).then(resolve, stop);
    });
  } finally {
    prompt.close();
    stderr.write('\n');
  }
}
