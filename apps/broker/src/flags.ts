import { parseArgs } from './node-util.ts';
import { readGivenText } from './given-text.ts';
import { nearest } from './nearest.ts';
import type { GivenSetting, SettingSource } from './setting-source.ts';
import { checkFlag, configFlag, printFlag, settingsList } from './settings-list.ts';
import type { Setting } from './settings-list.ts';
import type { SettingKey } from './settings.ts';

export interface Flags extends SettingSource {
  readonly help: boolean;
  readonly version: boolean;
  readonly check: boolean;
  readonly print: 'text' | 'json' | null;
  readonly configFile: string | undefined;
}

/** Flags without a value, and what each stands for. */
const shorthands: ReadonlyMap<string, { readonly key: SettingKey; readonly text: string }> = new Map(
  settingsList.flatMap(({ key, shorthand }) =>
    shorthand === undefined ? [] : [[shorthand.flag, { key, text: shorthand.value }]],
  ),
);

const switches: readonly string[] = ['--help', '-h', '--version', '-V', checkFlag, printFlag];
const printFormats = ['text', 'json'] as const;

/** Reads the command line; nothing is printed and nothing exits here. */
export function readFlags(argv: readonly string[]): Flags {
  const problems: string[] = [];
  const given: GivenSetting[] = [];
  const asked = { help: false, version: false, check: false, print: null as Flags['print'] };
  let configFile: string | undefined;
  let unknownAt = -2;
  for (const token of joined(tokensOf(argv))) {
    // The word after an unknown flag was most likely meant as its value: one mistake, one line.
    if (token.kind === 'positional' && token.index !== unknownAt + 1) {
      problems.push(`"${token.value}" is not expected here: q-broker takes flags only${didYouMean(token.value)}`);
    }
    if (token.kind !== 'option') continue;
    const { rawName, value } = token;
    if (!isKnown(rawName)) unknownAt = token.index;
    if (rawName === '--help' || rawName === '-h') asked.help = true;
    else if (rawName === '--version' || rawName === '-V') asked.version = true;
    else if (rawName === checkFlag && value === undefined) asked.check = true;
    else if (rawName === printFlag) asked.print = printFormat(value, problems);
    else if (rawName === configFlag && value !== undefined) configFile = value;
    else readSetting(rawName, value, given, problems);
  }
  return { ...asked, configFile, given, problems };
}

function printFormat(value: string | undefined, problems: string[]): Flags['print'] {
  const format = printFormats.find((known) => known === (value ?? 'text'));
  if (format === undefined)
    problems.push(`${printFlag}="${value}" is not allowed; allowed: ${printFormats.join(', ')}`);
  return format ?? 'text';
}

function isKnown(flag: string): boolean {
  return flag === configFlag || [...switches, ...shorthands.keys()].includes(flag) || settingOfFlag(flag) !== undefined;
}

function settingOfFlag(flag: string): Setting | undefined {
  return settingsList.find((setting) => setting.flag === flag);
}

function readSetting(flag: string, value: string | undefined, given: GivenSetting[], problems: string[]): void {
  const shorthand = shorthands.get(flag);
  const setting = settingOfFlag(flag);
  if (shorthand !== undefined || flag === checkFlag) {
    if (value !== undefined) problems.push(`${flag} takes no value, and has "${value}"`);
    else if (shorthand !== undefined) given.push({ ...shorthand, entry: null, from: flag });
  } else if (setting === undefined && flag !== configFlag) {
    problems.push(`${flag} is not a flag of q-broker${didYouMean(flag)}`);
  } else if (setting?.reads === 'boolean' && value === undefined) {
    given.push({ key: setting.key, entry: null, text: 'true', from: flag });
  } else if (setting === undefined || value === undefined) {
    problems.push(
      `${flag} needs a value${setting === undefined ? ': the path of a YAML file' : `; allowed: ${setting.allowed}`}`,
    );
  } else {
    const read = readGivenText(setting, value, flag);
    given.push(...read.given);
    problems.push(...read.problems);
  }
}

type Token = ReturnType<typeof tokensOf>[number];

/** A flag that may stand alone takes the word behind it all the same, where that is one of its values. */
function joined(tokens: readonly Token[]): Token[] {
  const result: Token[] = [];
  for (const token of tokens) {
    const last = result.at(-1);
    const isValue = token.kind === 'positional' && (token.value === 'true' || token.value === 'false');
    if (isValue && last?.kind === 'option' && last.value === undefined && mayStandAlone(last.rawName)) {
      result[result.length - 1] = { ...last, value: token.value, inlineValue: false } as Token;
    } else {
      result.push(token);
    }
  }
  return result;
}

function mayStandAlone(flag: string): boolean {
  return settingOfFlag(flag)?.reads === 'boolean';
}

function tokensOf(argv: readonly string[]) {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'V' },
    [configFlag.slice(2)]: { type: 'string' },
    [checkFlag.slice(2)]: { type: 'boolean' },
    [printFlag.slice(2)]: { type: 'boolean' },
  };
  for (const { flag } of settingsList) options[flag.slice(2)] = { type: mayStandAlone(flag) ? 'boolean' : 'string' };
  for (const flag of shorthands.keys()) options[flag.slice(2)] = { type: 'boolean' };
  // Not strict: an unknown flag is then a token like any other, and gets our own words.
  return parseArgs({ args: [...argv], options, strict: false, tokens: true, allowPositionals: true }).tokens;
}

function didYouMean(word: string): string {
  const known = [...settingsList.map((setting) => setting.flag), ...shorthands.keys(), configFlag, ...switches];
  const guess = nearest(word, known);
  return guess === undefined ? '' : `; did you mean ${guess}?`;
}
