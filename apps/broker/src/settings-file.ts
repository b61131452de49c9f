import type { Node, YAMLMap } from 'yaml';
import { nearest } from './nearest.ts';
import type { GivenSetting, SettingSource } from './setting-source.ts';
import type { Pairs } from './setting-type.ts';
import { settingsList } from './settings.ts';
import type { Setting, SettingKey } from './settings.ts';

/** One `key: value` of the file, with nested maps already written as dotted keys. */
interface Entry {
  readonly key: string;
  readonly value: string | Pairs | undefined;
  readonly line: number;
}

/**
 * Reads a YAML file of settings. Keys are those of the table; case, dots, dashes and underscores do not matter, and
 * nesting is the same as a dot, so `storageMaxBytes`, `storage.maxBytes` and `storage: { max-bytes: … }` are one
 * setting.
 *
 * @param name how error lines call the file: its path as given
 */
export async function readSettingsFile(text: string, name: string): Promise<SettingSource> {
  // Loaded here because most starts have no file, and the parser takes 15 ms to load.
  const { LineCounter, isMap, isScalar, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (node: unknown): number => lines.linePos((node as Node | null)?.range?.[0] ?? 0).line;

  const [broken] = document.errors;
  if (broken !== undefined) {
    return { given: [], problems: [`${name}, line ${lines.linePos(broken.pos[0]).line}: not YAML: ${broken.message}`] };
  }
  if (document.contents === null) return { given: [], problems: [] };
  if (!isMap(document.contents)) {
    return { given: [], problems: [`${name}: a map of settings is expected, such as "port: 7420"`] };
  }

  /**
   * The text of a scalar as it stands in the file, so that `1e3` or `0x10` are judged by our types and not by YAML's.
   */
  const textOf = (node: unknown): string | undefined =>
    !isScalar(node) || node.value === null ? undefined : typeof node.value === 'string' ? node.value : node.source;
  const entriesOf = (map: YAMLMap, prefix: string): Entry[] =>
    map.items.flatMap((item): Entry[] => {
      const key = prefix + (textOf(item.key) ?? '');
      const line = lineOf(item.key);
      if (!isMap(item.value)) return [{ key, value: textOf(item.value), line }];
      if (settingNamed(key)?.type.parseMap === undefined) return entriesOf(item.value, `${key}.`);
      // The keys of this map are names of their own, whose dots are part of them.
      return [{ key, value: pairsOf(entriesOf(item.value, '')), line }];
    });
  return readEntries(entriesOf(document.contents, ''), name);
}

function pairsOf(entries: readonly Entry[]): Pairs {
  return Object.fromEntries(entries.map((entry) => [entry.key, typeof entry.value === 'string' ? entry.value : '']));
}

function readEntries(entries: readonly Entry[], name: string): SettingSource {
  const given: GivenSetting[] = [];
  const problems: string[] = [];
  for (const entry of entries) {
    const from = `${entry.key} in ${name}, line ${entry.line}`;
    const setting = settingNamed(entry.key);
    if (setting === undefined) problems.push(`${from}, is not a setting of q-broker${didYouMean(entry.key)}`);
    else if (given.some((other) => other.key === setting.key))
      problems.push(`${from}, says ${setting.key} a second time`);
    else if (entry.value === undefined) problems.push(`${from}, has no single value; allowed: ${setting.type.allowed}`);
    else given.push({ key: setting.key as SettingKey, value: entry.value, from });
  }
  return { given, problems };
}

function settingNamed(key: string): Setting<unknown> | undefined {
  return settingsList.find((candidate) => normalized(candidate.key) === normalized(key));
}

function normalized(key: string): string {
  return key.toLowerCase().replaceAll(/[._-]/g, '');
}

function didYouMean(key: string): string {
  const guess = nearest(
    key,
    settingsList.map((setting) => setting.key),
  );
  return guess === undefined ? '' : `; did you mean ${guess}?`;
}
