import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import type { Pair } from '../input/pairs.ts';
import { formatJson } from '../output/json.ts';
import { formatCount } from '../output/units.ts';
import { chosenSettings, pairsToRecord, settingViews } from './settings-view.ts';

export interface TopicCreateOptions extends GlobalOptions {
  readonly partitions?: number;
  readonly replicas?: number;
  readonly config?: readonly Pair[];
  readonly dryRun?: boolean;
}

export async function createTopic(context: CommandContext, name: string, options: TopicCreateOptions): Promise<ExitCode> {
  const dryRun = options.dryRun === true;
  const created = await withClient(context, options, (q) => q.admin.createTopic(name, {
    ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
    ...(options.replicas === undefined ? {} : { replicas: options.replicas }),
    config: pairsToRecord(options.config),
    validateOnly: dryRun,
  }));
  if (options.json === true) {
    const { topicId, partitions, replicas } = created;
    context.stdout.write(formatJson({ name, topicId, partitions, replicas, settings: settingViews(created.configs), dryRun }, isTerminal(context.stdout)));
    return ExitCode.ok;
  }
  const settings = chosenSettings(created.configs);
  const what = `${formatCount(created.partitions)} ${created.partitions === 1 ? 'partition' : 'partitions'}${settings === '' ? '' : `; ${settings}`}`;
  context.stdout.write(`${dryRun ? 'would create' : 'created'} ${name}: ${what}\n`);
  return ExitCode.ok;
}
