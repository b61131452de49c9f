import type { QError } from '@q/client';
import { withAdmin } from '../admin-call.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { brokerSettingTable, topicSettingRows, topicSettingTable } from './config-view.ts';
import type { BrokerConfig, TopicSettingRow } from './config-view.ts';

export interface ConfigListOptions extends GlobalOptions {
  readonly topic?: string;
  readonly all?: boolean;
}

export async function listConfig(context: CommandContext, options: ConfigListOptions): Promise<ExitCode> {
  const terminal = isTerminal(context.stdout);
  const { topic } = options;
  if (topic !== undefined) {
    const settings = await settingsOfTopic(context, topic, options);
    context.stdout.write(
      options.json === true ? formatJson({ topic, settings }, terminal) : await topicSettingTable(settings, terminal),
    );
    return ExitCode.ok;
  }
  const config = await withAdmin(context, options, (admin) => admin.json<BrokerConfig>({ path: '/api/v1/config' }));
  if (options.json === true) {
    context.stdout.write(formatJson(config, terminal));
    return ExitCode.ok;
  }
  const rows = config.settings.filter(
    ({ name, source }) => options.all === true || source !== 'default' || !name.includes('.'),
  );
  context.stdout.write(await brokerSettingTable(rows, terminal));
  context.stderr.write(notesOf(config, { hidden: config.settings.length - rows.length }));
  return ExitCode.ok;
}

/** What is in force, and what would be without the settings of the topic itself: asked as a trial. */
export function settingsOfTopic(
  context: CommandContext,
  topic: string,
  options: GlobalOptions,
): Promise<TopicSettingRow[]> {
  return withClient(context, options, async (q) => {
    const { configs } = await q.admin.describeTopic(topic);
    const unset = configs.map(({ key }) => key);
    const inherited = await q.admin
      .alterTopic(topic, { set: {}, unset, validateOnly: true })
      .catch((error: unknown) => {
        // A topic of the broker's own cannot be altered, not even as a trial: it is what it is.
        if ((error as QError).code !== 'INVALID_REQUEST') throw error;
        return { configs };
      });
    return topicSettingRows(configs, inherited.configs);
  });
}

function notesOf({ lastReload, needsRestart }: BrokerConfig, { hidden }: { readonly hidden: number }): string {
  const notes: string[] = [];
  if (hidden > 0) notes.push(`${hidden} limits and defaults of topics that nobody has set are left out: --all`);
  if (needsRestart.length > 0) notes.push(`a restart is needed for ${needsRestart.join(', ')}`);
  if (lastReload?.ok === false) {
    notes.push(`the last reload failed (${lastReload.by}, ${lastReload.at}), so this is what was in force before:`);
    notes.push(...lastReload.problems.map((problem) => `  ${problem}`));
  }
  return notes.map((note) => `${note}\n`).join('');
}
