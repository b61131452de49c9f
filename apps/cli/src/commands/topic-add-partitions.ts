import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatCount } from '../output/units.ts';

export interface TopicAddPartitionsOptions extends GlobalOptions {
  /** How many there are to be afterwards. */
  readonly partitions: number;
  readonly dryRun?: boolean;
}

export async function addPartitions(
  context: CommandContext,
  name: string,
  options: TopicAddPartitionsOptions,
): Promise<ExitCode> {
  const dryRun = options.dryRun === true;
  const { partitions } = await withClient(context, options, (q) =>
    q.admin.addPartitions(name, options.partitions, { validateOnly: dryRun }),
  );
  const text = `${name} ${dryRun ? 'would have' : 'has'} ${formatCount(partitions)} partitions\n`;
  context.stdout.write(
    options.json === true ? formatJson({ name, partitions, dryRun }, isTerminal(context.stdout)) : text,
  );
  return ExitCode.ok;
}
