import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { confirm, requireForceOrTerminal } from '../confirmation.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatBytes, formatCount } from '../output/units.ts';

export interface TopicDeleteOptions extends GlobalOptions {
  readonly force?: boolean;
}

export async function deleteTopic(
  context: CommandContext,
  name: string,
  options: TopicDeleteOptions,
): Promise<ExitCode> {
  const forced = options.force === true;
  requireForceOrTerminal(context, { forced, what: `deleting ${name}` });
  const { topicId } = await withClient(context, options, async (q) => {
    if (!forced) {
      const { messages, bytes } = await q.admin.describeTopic(name);
      await confirm(context, `Delete ${name} with its ${formatCount(messages)} messages (${formatBytes(bytes)})?`);
    }
    return q.admin.deleteTopic(name);
  });
  context.stdout.write(
    options.json === true ? formatJson({ name, topicId }, isTerminal(context.stdout)) : `deleted ${name}\n`,
  );
  return ExitCode.ok;
}
