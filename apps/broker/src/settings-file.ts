import type { Node, YAMLMap } from 'yaml';
import { readGivenText } from './given-text.ts';
import { nearest } from './nearest.ts';
import type { GivenSetting, SettingSource } from './setting-source.ts';
import { isMap as carriesMap } from './setting-rule.ts';
import { settingsList } from './settings-list.ts';
import type { Setting } from './settings-list.ts';

/** One `key: value` of the file, with nested maps already written as dotted keys. */
interface Entry {
  readonly key: string;
  /** Undefined: it has no single value. */
  readonly value: string | undefined;
  readonly line: number;
  /** In a map of names and values: which of them. */
  readonly entry: string | null;
}

/** Where a file is not YAML, it says so in a few places. */
const brokenMax = 10;

/**
 * Reads a YAML file of settings. Keys are those of the table; case, dots, dashes and underscores do not matter, and
 * nesting is the same as a dot, so `storageMaxBytes`, `storage.maxBytes` and `storage: { max-bytes: … }` are one
 * setting.
 *
 * @param name how error lines call the file: its path as given
 */
export async function readSettingsFile(text: string, name: string): Promise<SettingSource> {
  // Loaded here because most starts have no file, and the parser takes 15 ms to load.
  const { LineCounter, isMap, isScalar, isSeq, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (node: unknown): number => lines.linePos((node as Node | null)?.range?.[0] ?? 0).line;

  if (document.errors.length > 0) {
    const told = document.errors.slice(0, brokenMax);
    return {
      given: [],
      problems: told.map(({ pos, message }) => `${name}, line ${lines.linePos(pos[0]).line}: not YAML: ${message}`),
    };
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
      if (isSeq(item.value)) return [{ key, value: listText(item.value.toJSON()), line, entry: null }];
      if (!isMap(item.value)) return [{ key, value: textOf(item.value), line, entry: null }];
      const setting = settingNamed(key);
      if (setting === undefined || !carriesMap(setting)) return entriesOf(item.value, `${key}.`);
      // The keys of this map are names of their own, whose dots are part of them.
      return entriesOf(item.value, '').map((entry) => ({ ...entry, key, entry: entry.key }));
    });
  return readEntries(entriesOf(document.contents, ''), name);
}

/**
 * A list as flags and variables have it: texts with `;` between them; a map is one of `listeners`, by its fields.
 * Undefined: it is neither.
 */
function listText(items: unknown): string | undefined {
  if (!Array.isArray(items) || items.length === 0) return undefined;
  const texts = items.map((item: unknown) => {
    if (typeof item === 'string') return item;
    return typeof item === 'object' && item !== null ? listenerText(new Map(Object.entries(item))) : undefined;
  });
  return texts.includes(undefined) ? undefined : texts.join(';');
}

/** `{ name, url, advertised, authentication, … }`, or with `scheme`, `host` and `port` in place of `url`. */
function listenerText(fields: ReadonlyMap<string, unknown>): string {
  const textOf = (name: string, standard = ''): string => plainText(fields.get(name)) ?? standard;
  const host = textOf('host', '127.0.0.1');
  const at = `${textOf('scheme')}://${host.includes(':') ? `[${host}]` : host}:${textOf('port')}`;
  const query = [...fields.keys()]
    .filter((name) => !['name', 'url', 'scheme', 'host', 'port'].includes(name))
    .map((name) => `${name}=${textOf(name)}`);
  return `${textOf('name')}=${textOf('url', at)}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

function plainText(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  return Array.isArray(value) ? value.map((each) => plainText(each) ?? '').join(',') : undefined;
}

async function readEntries(entries: readonly Entry[], name: string): Promise<SettingSource> {
  const given: GivenSetting[] = [];
  const problems: string[] = [];
  for (const { key, value, line, entry } of entries) {
    const written = entry === null ? key : `${key}.${entry}`;
    const from = `${written} in ${name}, line ${line}`;
    const setting = settingNamed(key);
    if (setting === undefined) problems.push(`${from}, is not a setting of q-broker${await didYouMean(key)}`);
    else if (given.some((other) => other.key === setting.key && other.entry === entry))
      problems.push(`${from}, says ${entry === null ? setting.key : written} a second time`);
    else if (value === undefined) problems.push(`${from}, has no single value; allowed: ${setting.allowed}`);
    else if (entry !== null) given.push({ key: setting.key, entry, text: value, from });
    else {
      const read = readGivenText(setting, value, from);
      given.push(...read.given);
      problems.push(...read.problems);
    }
  }
  return { given, problems };
}

function settingNamed(key: string): Setting | undefined {
  return settingsList.find((candidate) => normalized(candidate.key) === normalized(key));
}

function normalized(key: string): string {
  return key.toLowerCase().replaceAll(/[._-]/g, '');
}

async function didYouMean(key: string): Promise<string> {
  // Loaded only for who has made a mistake: the broker takes long to load.
  const { defaultThresholds } = await import('@q/broker');
  if (Object.hasOwn(defaultThresholds, key)) return `; it goes below alerts, as alerts: { ${key}: … }`;
  const guess = nearest(
    key,
    settingsList.map((setting) => setting.key),
  );
  return guess === undefined ? '' : `; did you mean ${guess}?`;
}
