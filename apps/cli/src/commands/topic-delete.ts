import { createInterface } from 'node:readline/promises';
import { CommandError, usageError } from '../command-error.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatBytes, formatCount } from '../output/units.ts';

export interface TopicDeleteOptions extends GlobalOptions {
  readonly force?: boolean;
}

export async function deleteTopic(context: CommandContext, name: string, options: TopicDeleteOptions): Promise<ExitCode> {
  const forced = options.force === true;
  if (!forced && !isTerminal(context.stdin)) throw usageError(`deleting ${name} cannot be undone and nobody can be asked here; add --force`);
  const { topicId } = await withClient(context, options, async (q) => {
    if (!forced) {
      const { messages, bytes } = await q.admin.describeTopic(name);
      await confirm(context, `Delete ${name} with its ${formatCount(messages)} messages (${formatBytes(bytes)})?`);
    }
    return q.admin.deleteTopic(name);
  });
  context.stdout.write(options.json === true ? formatJson({ name, topicId }, isTerminal(context.stdout)) : `deleted ${name}\n`);
  return ExitCode.ok;
}

async function confirm(context: CommandContext, question: string): Promise<void> {
  const prompt = createInterface({ input: context.stdin, output: context.stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal: context.interrupt });
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError(ExitCode.failure, 'nothing was deleted');
  } catch (error) {
    // At a prompt Ctrl-C is a key press and no signal; Ctrl-D and Ctrl-C both end it.
    if (error instanceof Error && error.name === 'AbortError') throw new CommandError(ExitCode.interrupted, 'nothing was deleted', { cause: error });
    throw error;
  } finally {
    prompt.close();
  }
}
