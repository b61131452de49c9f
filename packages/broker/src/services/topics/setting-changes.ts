/**
 * How the settings of a topic become others.
 */
import { QError } from '@q/protocol';
import { describeTopicSettings, parseTopicSettings, requireSetting } from './topic-config.ts';
import type { GivenSetting, SettingTexts } from './topic-config.ts';

/** Words that come to a setting that is a list, such as `cleanup.policy`, or leave it. */
export interface ListChange {
  readonly key: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** What is to become of the settings of a topic. */
export interface SettingChanges {
  readonly set: readonly GivenSetting[];
  readonly unset: readonly string[];
  /** They start from the value in force, wherever that comes from. Default: none. */
  readonly lists?: readonly ListChange[];
  /** True: what is not set here goes back to its default. */
  readonly replacesAll?: boolean;
}

/**
 * The topic's own settings after the change.
 * @throws QError INVALID_CONFIG
 */
export function alteredSettings(
  now: { readonly topic: SettingTexts; readonly broker: SettingTexts },
  { set, unset, lists = [], replacesAll = false }: SettingChanges,
): SettingTexts {
  const texts = new Map(replacesAll ? [] : now.topic);
  for (const name of unset) texts.delete(requireSetting(name).name);
  const changed = lists.map((change) => ({ key: change.key, value: changedList(now, change) }));
  for (const [name, text] of parseTopicSettings([...set, ...changed])) {
    if (unset.includes(name)) {
      throw new QError('INVALID_CONFIG', `the setting ${name} is both set and unset`, { details: { setting: name } });
    }
    texts.set(name, text);
  }
  return texts;
}

function changedList(
  now: { readonly topic: SettingTexts; readonly broker: SettingTexts },
  { key, add, remove }: ListChange,
): string {
  const inForce = describeTopicSettings(now).find((setting) => setting.key === requireSetting(key).name)?.value ?? '';
  const words = new Set(inForce.split(',').filter((word) => word !== ''));
  for (const word of add) words.add(word);
  for (const word of remove) words.delete(word);
  return [...words].join(',');
}
