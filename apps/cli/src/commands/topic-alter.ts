import { usageError } from '../command-error.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import type { Pair } from '../input/pairs.ts';
import { formatJson } from '../output/json.ts';
import { chosenSettings, pairsToRecord, settingViews } from './settings-view.ts';

export interface TopicAlterOptions extends GlobalOptions {
  readonly set?: readonly Pair[];
  readonly unset?: readonly string[];
  readonly dryRun?: boolean;
}

export async function alterTopic(context: CommandContext, name: string, options: TopicAlterOptions): Promise<ExitCode> {
  const { set = [], unset = [], dryRun = false } = options;
  if (set.length === 0 && unset.length === 0)
    throw usageError('nothing to change: name a setting with --set name=value or --unset name');
  const altered = await withClient(context, options, (q) =>
    q.admin.alterTopic(name, { set: pairsToRecord(set), unset, validateOnly: dryRun }),
  );
  if (options.json === true) {
    context.stdout.write(
      formatJson({ name, settings: settingViews(altered.configs), dryRun }, isTerminal(context.stdout)),
    );
    return ExitCode.ok;
  }
  const settings = chosenSettings(altered.configs);
  context.stdout.write(
    `${dryRun ? 'would alter' : 'altered'} ${name}: ${settings === '' ? 'all settings are at their defaults' : settings}\n`,
  );
  return ExitCode.ok;
}
