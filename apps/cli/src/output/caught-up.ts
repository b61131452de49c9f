import { isTerminal } from '../command-context.ts';
import type { CommandContext } from '../command-context.ts';
import type { RecordOutput } from './record-output.ts';

/**
 * Somebody who watches a terminal wants to know whether nothing comes because nothing is there. Told once, below the
 * records that were there.
 */
export function sayWhenCaughtUp(
  context: CommandContext,
  consumer: { caughtUp(): Promise<void> },
  { output, progress }: RecordOutput,
): void {
  if (!isTerminal(context.stderr)) return;
  consumer
    .caughtUp()
    .then(() => output.flush())
    .then(
      () => {
        progress.clear();
        context.stderr.write('caught up; waiting for more (Ctrl-C ends)\n');
      },
      // The loop itself tells what goes wrong, and an end comes without a word.
      () => undefined,
    );
}
