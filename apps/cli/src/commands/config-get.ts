import { withAdmin } from '../admin-call.ts';
import { CommandError } from '../command-error.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatFacts } from '../output/table.ts';
import { settingsOfTopic } from './config-list.ts';
import { whyLess } from './config-view.ts';
import type { BrokerSetting, TopicSettingRow } from './config-view.ts';

export interface ConfigGetOptions extends GlobalOptions {
  readonly topic?: string;
}

export async function getConfig(context: CommandContext, name: string, options: ConfigGetOptions): Promise<ExitCode> {
  const { topic } = options;
  const setting =
    topic === undefined
      ? await withAdmin(context, options, (admin) =>
          admin.json<BrokerSetting>({ path: `/api/v1/config/${encodeURIComponent(name)}` }),
        )
      : find(name, topic, await settingsOfTopic(context, topic, options));
  const terminal = isTerminal(context.stdout);
  context.stdout.write(
    options.json === true
      ? formatJson(setting, terminal)
      : formatFacts('otherwise' in setting ? topicFacts(setting) : brokerFacts(setting), terminal),
  );
  return ExitCode.ok;
}

/** @throws CommandError */
function find(name: string, topic: string, settings: readonly TopicSettingRow[]): TopicSettingRow {
  const found = settings.find((setting) => setting.name === name);
  if (found !== undefined) return found;
  throw new CommandError(ExitCode.failure, `there is no topic setting ${JSON.stringify(name)}`, {
    code: 'INVALID_CONFIG',
    hint: `q config list --topic ${topic} shows all`,
  });
}

function topicFacts({ value, source, otherwise }: TopicSettingRow): [string, string][] {
  return [
    ['value', value],
    ['source', source],
    ['otherwise', otherwise],
  ];
}

function brokerFacts(setting: BrokerSetting): [string, string][] {
  const { value, from, values, afterRestart, reloadable, allowed, doc } = setting;
  return [
    ['value', value],
    ['source', from],
    ...(values[0]?.value === value ? [] : [['asked for', `${values[0]?.value}; ${whyLess}`] as [string, string]]),
    // Every one that was given and does not count, and the default.
    ...values.slice(1).map((given): [string, string] => ['otherwise', `${given.value || 'none'} (${given.from})`]),
    ...(afterRestart === null ? [] : [['after a restart', afterRestart] as [string, string]]),
    ['a change needs', reloadable ? 'nothing: q config set' : 'a restart'],
    ['allowed', allowed],
    ['meaning', doc],
  ];
}
