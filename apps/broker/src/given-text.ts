import type { GivenSetting, SettingSource } from './setting-source.ts';
import { isMap } from './setting-rule.ts';
import { readPairs } from './setting-text.ts';
import type { Setting } from './settings-list.ts';

/** A setting as a flag or a variable carries it: one text, of a map all its pairs. */
export function readGivenText(setting: Setting, text: string, from: string): SettingSource {
  const { key, allowed } = setting;
  if (!isMap(setting)) return { given: [{ key, entry: null, text, from }], problems: [] };
  const pairs = readPairs(text);
  if (pairs === null)
    return { given: [], problems: [`${from}: "${text}" is not allowed for ${key}; allowed: ${allowed}`] };
  const given = pairs.map(([entry, value]): GivenSetting => ({ key, entry, text: value, from }));
  return { given, problems: [] };
}
