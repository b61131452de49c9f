import { parseArgs } from './node-util.ts';
import { nearest } from './nearest.ts';
import type { GivenSetting, SettingSource } from './setting-source.ts';
import { configFlag, settingsList } from './settings.ts';
import type { SettingKey } from './settings.ts';

export interface Flags extends SettingSource {
  readonly help: boolean;
  readonly version: boolean;
  readonly configFile: string | undefined;
}

/** Flags without a value, and what each stands for. */
const shorthands: ReadonlyMap<string, Pick<GivenSetting, 'key' | 'value'>> = new Map(
  settingsList.flatMap(({ key, shorthand }) =>
    shorthand === undefined ? [] : [[shorthand.flag, { key: key as SettingKey, value: shorthand.value }]],
  ),
);

const switches: readonly string[] = ['--help', '-h', '--version', '-V'];

/** Reads the command line; nothing is printed and nothing exits here. */
export function readFlags(argv: readonly string[]): Flags {
  const problems: string[] = [];
  const given: GivenSetting[] = [];
  let help = false;
  let version = false;
  let configFile: string | undefined;
  let unknownAt = -2;
  for (const token of tokensOf(argv)) {
    // The word after an unknown flag was most likely meant as its value: one mistake, one line.
    if (token.kind === 'positional' && token.index !== unknownAt + 1) {
      problems.push(`"${token.value}" is not expected here: q-broker takes flags only${didYouMean(token.value)}`);
    }
    if (token.kind !== 'option') continue;
    if (!isKnown(token.rawName)) unknownAt = token.index;
    if (token.name === 'help' || token.name === 'h') help = true;
    else if (token.name === 'version' || token.name === 'V') version = true;
    else if (token.rawName === configFlag && token.value !== undefined) configFile = token.value;
    else readSetting(token.rawName, token.value, given, problems);
  }
  return { help, version, configFile, given, problems };
}

function isKnown(flag: string): boolean {
  return flag === configFlag || [...switches, ...shorthands.keys()].includes(flag) || isSetting(flag);
}

function isSetting(flag: string): boolean {
  return settingsList.some((setting) => setting.flag === flag);
}

function readSetting(flag: string, value: string | undefined, given: GivenSetting[], problems: string[]): void {
  const shorthand = shorthands.get(flag);
  if (shorthand !== undefined) {
    if (value === undefined) given.push({ ...shorthand, from: flag });
    else problems.push(`${flag} takes no value, and has "${value}"`);
    return;
  }
  const setting = settingsList.find((candidate) => candidate.flag === flag);
  if (setting === undefined && flag !== configFlag) {
    problems.push(`${flag} is not a flag of q-broker${didYouMean(flag)}`);
  } else if (setting === undefined || value === undefined) {
    problems.push(
      `${flag} needs a value${setting === undefined ? ': the path of a YAML file' : `; allowed: ${setting.type.allowed}`}`,
    );
  } else {
    given.push({ key: setting.key as SettingKey, value, from: flag });
  }
}

function tokensOf(argv: readonly string[]) {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'V' },
    [configFlag.slice(2)]: { type: 'string' },
  };
  for (const setting of settingsList) options[setting.flag.slice(2)] = { type: 'string' };
  for (const flag of shorthands.keys()) options[flag.slice(2)] = { type: 'boolean' };
  // Not strict: an unknown flag is then a token like any other, and gets our own words.
  return parseArgs({ args: [...argv], options, strict: false, tokens: true, allowPositionals: true }).tokens;
}

function didYouMean(word: string): string {
  const known = [...settingsList.map((setting) => setting.flag), ...shorthands.keys(), configFlag, ...switches];
  const guess = nearest(word, known);
  return guess === undefined ? '' : `; did you mean ${guess}?`;
}
