import { isTerminal } from '../command-context.ts';
import type { CommandContext } from '../command-context.ts';
import type { RecordOutput } from './record-output.ts';

/**
 * Somebody who watches a terminal wants to know whether nothing comes because nothing is there. Told once, below the
 * records that were there: with what is there and held back by transactions.
 */
export function sayWhenCaughtUp(
  context: CommandContext,
  consumer: { caughtUp(): Promise<void> },
  { output, progress, heldLines }: RecordOutput & { readonly heldLines: () => Promise<string> },
): void {
  if (!isTerminal(context.stderr)) return;
  consumer
    .caughtUp()
    .then(() => output.flush())
    .then(heldLines)
    .then(
      (held) => {
        progress.clear();
        const what = held === '' ? 'caught up' : 'caught up with what is committed';
        context.stderr.write(`${held}${what}; waiting for more (Ctrl-C ends)\n`);
      },
      // The loop itself tells what goes wrong, and an end comes without a word.
      () => undefined,
    );
}
