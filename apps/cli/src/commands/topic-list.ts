import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatTable } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';

export interface TopicListOptions extends GlobalOptions {
  readonly internal?: boolean;
}

export async function listTopics(context: CommandContext, options: TopicListOptions): Promise<ExitCode> {
  const includeInternal = options.internal === true;
  const listed = await withClient(context, options, (q) => q.admin.listTopics({ includeInternal }));
  const topics = listed.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (options.json === true) {
    context.stdout.write(formatJson(topics, isTerminal(context.stdout)));
    return ExitCode.ok;
  }
  if (topics.length === 0 && isTerminal(context.stdout)) {
    context.stderr.write('no topics yet\n');
    return ExitCode.ok;
  }
  const units = unitsOf(options);
  const columns = [
    { title: 'topic' },
    { title: 'partitions', align: 'right' },
    { title: 'replicas', align: 'right' },
    { title: 'messages', align: 'right' },
    { title: 'size', align: 'right' },
  ] as const;
  const rows = topics.map((topic) => [
    topic.name,
    units.count(topic.partitions),
    units.count(topic.replicas),
    units.bound(topic.messages, topic.messagesExact),
    units.bytes(topic.bytes),
  ]);
  context.stdout.write(await formatTable(columns, rows, context.stdout));
  return ExitCode.ok;
}
