import type { ResolvedTopicSetting } from '@q/client';
import { formatTable } from '../output/table.ts';
import { settingViews } from './settings-view.ts';

/** A setting of the broker, as the admin API tells it. */
export interface BrokerSetting {
  readonly name: string;
  readonly value: string;
  readonly source: string;
  readonly from: string;
  readonly default: string;
  readonly values: readonly { readonly value: string; readonly source: string; readonly from: string }[];
  readonly type: string;
  readonly allowed: string;
  readonly doc: string;
  readonly reloadable: boolean;
  readonly afterRestart: string | null;
}

export interface Reload {
  readonly at: string;
  readonly by: string;
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly changed: readonly ChangedSetting[];
  readonly needsRestart: readonly string[];
}

export interface BrokerConfig {
  readonly file: string | null;
  readonly lastReload: Reload | null;
  readonly needsRestart: readonly string[];
  readonly settings: readonly BrokerSetting[];
}

export interface ChangedSetting {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** A setting of a topic, and what it would be without the topic's own. */
export interface TopicSettingRow {
  readonly name: string;
  readonly value: string;
  readonly source: string;
  readonly otherwise: string;
}

export function topicSettingRows(
  inForce: readonly ResolvedTopicSetting[],
  inherited: readonly ResolvedTopicSetting[],
): TopicSettingRow[] {
  const otherwise = new Map(inherited.map(({ key, value }) => [key, value]));
  return settingViews(inForce).map((view) => ({ ...view, otherwise: otherwise.get(view.name) ?? view.value }));
}

export function topicSettingTable(rows: readonly TopicSettingRow[], isTerminal: boolean): Promise<string> {
  return formatTable(
    ['setting', 'value', 'source', 'otherwise'].map((title) => ({ title })),
    rows.map(({ name, value, source, otherwise }) => [name, value, source, otherwise]),
    isTerminal,
  );
}

export function brokerSettingTable(settings: readonly BrokerSetting[], isTerminal: boolean): Promise<string> {
  return formatTable(
    ['setting', 'value', 'source', 'default', 'a change needs'].map((title) => ({ title })),
    settings.map((setting) => [
      setting.name,
      setting.afterRestart === null ? setting.value : `${setting.value} (after a restart: ${setting.afterRestart})`,
      setting.source === 'default' ? 'default' : setting.from,
      setting.default,
      setting.reloadable ? 'nothing' : 'a restart',
    ]),
    isTerminal,
  );
}

/** Why a limit that was taken is not in force as it was asked for. */
export const whyLess = 'the process may have too few files open for it (ulimit -n)';

/** A line for each setting that is another one; one line where none is. */
export function changedLines(changed: readonly ChangedSetting[], { dryRun }: { readonly dryRun: boolean }): string {
  if (changed.length === 0) return `nothing ${dryRun ? 'would change' : 'changed'}: what was asked for is in force\n`;
  const verb = dryRun ? 'would change' : 'changed';
  return changed
    .map(({ name, before, after }) => `${verb} ${name}: ${before || 'none'} -> ${after || 'none'}\n`)
    .join('');
}
