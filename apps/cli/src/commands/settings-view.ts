import type { ResolvedTopicSetting } from '@q/client';
import type { Pair } from '../input/pairs.ts';

/** Where a setting of a topic comes from, as the protocol numbers it. */
const sources = ['default', 'broker', 'topic'] as const;

export interface SettingView {
  readonly name: string;
  readonly value: string;
  readonly source: (typeof sources)[number];
}

export function settingViews(settings: readonly ResolvedTopicSetting[]): SettingView[] {
  return settings.map(({ key, value, source }) => ({ name: key, value, source: sources[source] ?? 'default' }));
}

/** The settings that somebody chose, as text; built-in defaults are left out. */
export function chosenSettings(settings: readonly ResolvedTopicSetting[]): string {
  const chosen = settingViews(settings).filter((setting) => setting.source !== 'default');
  return chosen
    .map(({ name, value, source }) => `${name}=${value}${source === 'broker' ? ' (broker)' : ''}`)
    .join(', ');
}

export function pairsToRecord(pairs: readonly Pair[] = []): Record<string, string> {
  return Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
}
