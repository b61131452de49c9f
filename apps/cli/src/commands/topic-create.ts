import { usageError } from '../command-error.ts';
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
  /** A topic that is there, and is as asked for, is no failure. */
  readonly ifMissing?: boolean;
  readonly dryRun?: boolean;
}

export async function createTopic(
  context: CommandContext,
  name: string,
  options: TopicCreateOptions,
): Promise<ExitCode> {
  const dryRun = options.dryRun === true;
  const wanted = {
    ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
    ...(options.replicas === undefined ? {} : { replicas: options.replicas }),
    config: pairsToRecord(options.config),
  };
  if (options.ifMissing === true && dryRun) throw usageError('--if-missing and --dry-run do not go together');
  const created = await withClient(context, options, async (q) => {
    if (options.ifMissing === true) return q.admin.ensureTopic(name, wanted);
    return { ...(await q.admin.createTopic(name, { ...wanted, validateOnly: dryRun })), created: !dryRun };
  });
  if (options.json === true) {
    const { topicId, partitions, replicas } = created;
    const settings = settingViews(created.configs);
    const facts = { name, topicId, partitions, replicas, settings, created: created.created, dryRun };
    context.stdout.write(formatJson(facts, isTerminal(context.stdout)));
    return ExitCode.ok;
  }
  const settings = chosenSettings(created.configs);
  const verb = dryRun ? 'would create' : created.created ? 'created' : 'found';
  const what = `${formatCount(created.partitions)} ${created.partitions === 1 ? 'partition' : 'partitions'}${settings === '' ? '' : `; ${settings}`}`;
  context.stdout.write(`${verb} ${name}: ${what}\n`);
  return ExitCode.ok;
}
