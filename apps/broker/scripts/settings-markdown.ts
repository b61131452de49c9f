import type { Setting } from '../src/settings-list.ts';
import { configFlag, configVariable, settingsList } from '../src/settings-list.ts';

/** A row of the table of topic settings that `@q/broker` exports, as far as it is shown here. */
export interface TopicSettingRow {
  readonly name: string;
  readonly default: string;
  readonly allowed: string;
  readonly doc: string;
}

const none = 'none';

const kinds: Readonly<Record<Setting['reads'], string>> = {
  text: 'text',
  choice: 'choice',
  boolean: 'true or false',
  whole: 'number',
  bytes: 'bytes',
  address: 'host:port',
  texts: 'map of texts',
  numbers: 'map of numbers',
};

function kindOf({ reads }: Setting): string {
  return kinds[reads];
}

function whileRunning(isReloadable: boolean): string {
  return isReloadable ? 'reload' : 'restart';
}

/** The settings of the program as a Markdown table, from the settings table. */
export function settingsMarkdown(): string {
  const rows = settingsList.map((setting) => [
    [setting.flag, setting.shorthand?.flag]
      .filter((flag) => flag !== undefined)
      .map(code)
      .join(', '),
    `\`${setting.env}\``,
    `\`${setting.key}\``,
    code(setting.default || none),
    kindOf(setting),
    whileRunning(setting.isReloadable),
    `${setting.doc} Allowed: ${setting.allowed}.`,
  ]);
  rows.push([
    `\`${configFlag}\``,
    `\`${configVariable}\``,
    '',
    code(none),
    'text',
    'restart',
    'YAML file of settings.',
  ]);
  return markdownTable(['flag', 'variable', 'key in the file', 'default', 'type', 'a change needs', 'meaning'], rows);
}

export function topicSettingsMarkdown(settings: readonly TopicSettingRow[]): string {
  return markdownTable(
    ['setting', 'default', 'meaning'],
    settings.map((setting) => [
      `\`${setting.name}\``,
      code(setting.default),
      `${setting.doc} Allowed: ${setting.allowed}.`,
    ]),
  );
}

/** What the broker tells of its health, from the table that `@q/broker` exports. */
export function conditionsMarkdown(
  conditions: Readonly<
    Record<string, { readonly severity: string; readonly meaning: string; readonly action: string }>
  >,
): string {
  return markdownTable(
    ['alert', 'severity', 'it means', 'do'],
    Object.entries(conditions).map(([name, { severity, meaning, action }]) => [code(name), severity, meaning, action]),
  );
}

/**
 * @param source text of the file that declares the limits: the comment above each is its meaning
 * @param needsRestart which of them cannot change while the broker runs; without it all can, and nothing is said of it
 */
export function limitsMarkdown(
  limits: Readonly<Record<string, number>>,
  { source, what = 'limit', needsRestart }: LimitsSource,
): string {
  const rows = Object.entries(limits).map(([name, value]) => [
    code(name),
    code(String(value)),
    ...(needsRestart === undefined ? [] : [whileRunning(!needsRestart(name))]),
    meaningOf(name, source),
  ]);
  const change = needsRestart === undefined ? [] : ['a change needs'];
  return markdownTable([what, 'default', ...change, 'meaning'], rows);
}

interface LimitsSource {
  readonly source: string;
  readonly what?: 'limit' | 'threshold';
  readonly needsRestart?: (name: string) => boolean;
}

/** @throws Error for a limit without a comment */
function meaningOf(name: string, source: string): string {
  const comment = new RegExp(String.raw`/\*\*((?:(?!\*/)[\s\S])*)\*/\s*readonly ${name}:`).exec(source)?.[1];
  if (comment === undefined) throw new Error(`the limit ${name} has no comment that says what it means`);
  return comment.replaceAll(/\s*\n\s*\*?\s*/g, ' ').trim();
}

/** Puts generated text between the two comments that name the section; what is around them is written by hand. */
export function replaceSection(document: string, section: string, text: string): string {
  const begin = `<!-- ${section}: generated, do not edit -->`;
  const end = `<!-- end of ${section} -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the document has no section "${section}"`);
  return `${document.slice(0, from + begin.length)}\n\n${text}\n${document.slice(to)}`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

function code(text: string): string {
  return `\`${text}\``;
}
