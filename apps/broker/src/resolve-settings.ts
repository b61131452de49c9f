import { readEnvironment } from './environment.ts';
import { readFlags } from './flags.ts';
import type { GivenSetting, SettingSource } from './setting-source.ts';
import { readSettingsFile } from './settings-file.ts';
import { configFlag, configVariable, settingsList, settingsTable } from './settings.ts';
import type { SettingKey, Settings } from './settings.ts';

export interface SettingsInput {
  /** Without the program's own two: `process.argv.slice(2)`. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readFile(path: string): Promise<string>;
}

export type ResolvedSettings =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'refused'; readonly problems: readonly string[] }
  /** `from` has no entry for a setting that is at its default. */
  | {
      readonly kind: 'settings';
      readonly settings: Settings;
      readonly from: Readonly<Partial<Record<SettingKey, string>>>;
    };

/**
 * Flag before environment before file before default. A wrong value is refused even where a stronger source overrides
 * it: it would otherwise wait in the file for the day on which the flag is gone.
 */
export async function resolveSettings(input: SettingsInput): Promise<ResolvedSettings> {
  const flags = readFlags(input.argv);
  if (flags.help) return { kind: 'help' };
  if (flags.version) return { kind: 'version' };
  const environment = readEnvironment(input.env);
  const file = await readFileSource(input, flags.configFile, environment.configFile);

  const problems = [...flags.problems, ...environment.problems, ...file.problems];
  const values: Partial<Record<SettingKey, unknown>> = {};
  const from: Partial<Record<SettingKey, string>> = {};
  // Weakest first, so that a stronger source overwrites.
  for (const given of [...file.given, ...environment.given, ...flags.given]) {
    const value = parseGiven(given);
    if (value === undefined) {
      problems.push(refusal(given));
    } else {
      const isMap = settingsTable[given.key].type.parseMap !== undefined;
      values[given.key] = isMap ? { ...(values[given.key] as object), ...(value as object) } : value;
      from[given.key] = given.from;
    }
  }
  if (problems.length > 0) return { kind: 'refused', problems };
  const defaults = Object.fromEntries(settingsList.map((setting) => [setting.key, setting.default]));
  return { kind: 'settings', settings: { ...defaults, ...values } as unknown as Settings, from };
}

async function readFileSource(
  input: SettingsInput,
  fromFlag: string | undefined,
  fromVariable: string | undefined,
): Promise<SettingSource> {
  const path = fromFlag ?? fromVariable;
  if (path === undefined) return { given: [], problems: [] };
  try {
    return await readSettingsFile(await input.readFile(path), path);
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    const origin = fromFlag === undefined ? configVariable : configFlag;
    return { given: [], problems: [`${origin} "${path}" cannot be read: ${reason}`] };
  }
}

function parseGiven(given: GivenSetting): unknown {
  const { type } = settingsTable[given.key];
  return typeof given.value === 'string' ? type.parse(given.value) : type.parseMap?.(given.value);
}

function refusal(given: GivenSetting): string {
  const text = typeof given.value === 'string' ? `"${given.value}"` : JSON.stringify(given.value);
  return `${given.from}: ${text} is not allowed for ${given.key}; allowed: ${settingsTable[given.key].type.allowed}`;
}
