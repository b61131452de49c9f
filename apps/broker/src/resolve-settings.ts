import type { GivenValue, SettingDefinition } from '@q/broker';
import { readEnvironment } from './environment.ts';
import { readFlags } from './flags.ts';
import type { Flags } from './flags.ts';
import { nearest } from './nearest.ts';
import { isMap, readText, writeText } from './setting-rule.ts';
import { nameOf } from './setting-source.ts';
import type { GivenSetting, SettingSource } from './setting-source.ts';
import { readSettingsFile } from './settings-file.ts';
import { configFlag, configVariable, settingOf, settingsList } from './settings-list.ts';
import type { Settings } from './settings.ts';

export interface SettingsInput {
  /** Without the program's own two: `process.argv.slice(2)`. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readFile(path: string): Promise<string>;
  /** What the broker knows of its limits, and of settings of topics, by name. Asked only where one is given. */
  entries(): Promise<ReadonlyMap<string, Pick<SettingDefinition, 'normalize' | 'allowed'>>>;
}

/** The settings, and every value that was given for them. */
export interface KnownSettings {
  readonly settings: Settings;
  /** The weakest first. */
  readonly given: readonly GivenValue[];
  /** The path of the file that was read. */
  readonly file: string | null;
}

export type ResolvedSettings =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'refused'; readonly problems: readonly string[] }
  | (KnownSettings & {
      readonly kind: 'settings';
      /** What is to be done with them: serve, or only say what they are. */
      readonly check: boolean;
      readonly print: Flags['print'];
    });

/**
 * Flag before environment before file before default. A wrong value is refused even where a stronger source overrides
 * it: it would otherwise wait in the file for the day on which the flag is gone.
 */
export async function resolveSettings(input: SettingsInput): Promise<ResolvedSettings> {
  const flags = readFlags(input.argv);
  if (flags.help) return { kind: 'help' };
  if (flags.version) return { kind: 'version' };
  const environment = readEnvironment(input.env);
  const path = flags.configFile ?? environment.configFile ?? null;
  const file = await readFileSource(input, path, flags.configFile === undefined ? configVariable : configFlag);

  const problems = [...flags.problems, ...environment.problems, ...file.problems];
  const sources = { file, environment, flag: flags } as const;
  const given: GivenValue[] = [];
  // Weakest first, so that a stronger source overwrites.
  for (const source of ['file', 'environment', 'flag'] as const) {
    for (const written of sources[source].given) {
      const text = await textOf(written, input);
      if (text === undefined) problems.push(await refusal(written, input));
      else given.push({ name: nameOf(written), text, source, from: written.from });
    }
  }
  if (problems.length > 0) return { kind: 'refused', problems };
  const { check, print } = flags;
  return { kind: 'settings', settings: settingsOf(given), given, file: path, check, print };
}

/** The values that count. */
function settingsOf(given: readonly GivenValue[]): Settings {
  const texts = new Map(given.map(({ name, text }) => [name, text]));
  const values = settingsList.map((setting): [string, unknown] => {
    const { key } = setting;
    if (!isMap(setting)) return [key, readText(setting, texts.get(key) ?? setting.default)];
    const entries = [...texts].filter(([name]) => name.startsWith(`${key}.`));
    return [
      key,
      Object.fromEntries(entries.map(([name, text]) => [name.slice(key.length + 1), readText(setting, text)])),
    ];
  });
  return Object.fromEntries(values) as unknown as Settings;
}

async function readFileSource(input: SettingsInput, path: string | null, origin: string): Promise<SettingSource> {
  if (path === null) return { given: [], problems: [] };
  try {
    return await readSettingsFile(await input.readFile(path), path);
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    return { given: [], problems: [`${origin} "${path}" cannot be read: ${reason}`] };
  }
}

/** As it is kept; undefined: it is not allowed. */
async function textOf(given: GivenSetting, input: SettingsInput): Promise<string | undefined> {
  if (given.entry !== null) return (await input.entries()).get(nameOf(given))?.normalize(given.text);
  const setting = settingOf(given.key);
  const value = readText(setting, given.text);
  return value === undefined ? undefined : writeText(setting, value);
}

async function refusal(given: GivenSetting, input: SettingsInput): Promise<string> {
  const name = nameOf(given);
  const setting = settingOf(given.key);
  const shown = setting.isSecret ? 'its value' : `"${given.text}"`;
  if (given.entry === null) return `${given.from}: ${shown} is not allowed for ${name}; allowed: ${setting.allowed}`;
  const entries = await input.entries();
  const entry = entries.get(name);
  if (entry !== undefined) return `${given.from}: ${shown} is not allowed for ${name}; allowed: ${entry.allowed}`;
  const names = [...entries.keys()].filter((known) => known.startsWith(`${given.key}.`));
  const guess = nearest(name, names);
  const known = names.map((full) => full.slice(given.key.length + 1)).join(', ');
  return `${given.from}: there is no ${name}; ${guess === undefined ? `there are: ${known}` : `did you mean ${guess}?`}`;
}
