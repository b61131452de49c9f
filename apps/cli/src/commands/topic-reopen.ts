import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatTable } from '../output/table.ts';

export interface TopicReopenOptions extends GlobalOptions {
  readonly partition?: readonly number[];
}

/** Fails when a partition is still in trouble afterwards. */
export async function reopenTopic(
  context: CommandContext,
  name: string,
  options: TopicReopenOptions,
): Promise<ExitCode> {
  const { partition: partitions } = options;
  const reopened = await withClient(context, options, (q) =>
    q.admin.reopenPartitions(name, { ...(partitions !== undefined && { partitions }) }),
  );
  const terminal = isTerminal(context.stdout);
  if (options.json === true) context.stdout.write(formatJson({ name, partitions: reopened }, terminal));
  else if (reopened.length === 0) context.stdout.write(`no partition of ${name} is in trouble\n`);
  else {
    const columns = [
      { title: 'partition', align: 'right' },
      { title: 'is', align: 'left' },
    ] as const;
    const rows = reopened.map(({ partition, error }) => [
      String(partition),
      error === null ? 'open' : `${error.message} (${error.code})`,
    ]);
    context.stdout.write(await formatTable(columns, rows, context.stdout));
  }
  return reopened.every(({ error }) => error === null) ? ExitCode.ok : ExitCode.failure;
}
