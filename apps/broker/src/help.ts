import type { Setting } from './settings-list.ts';
import {
  checkFlag,
  commandLineVariables,
  configFlag,
  configVariable,
  printFlag,
  settingsList,
} from './settings-list.ts';

/** The text of `q-broker --help`, from the settings table. */
export function helpText(): string {
  return [
    'Usage: q-broker [flags]',
    '       q-broker init [flags]    sets up who is let in: q-broker init --help',
    '',
    'Runs a broker: the native protocol for producers and consumers, a door for Kafka clients, and an',
    'admin HTTP server.',
    '',
    'Flags (each also a variable, and a key of the file):',
    ...settingsList.flatMap(describe),
    ...entry(`${configFlag} <path>`, `YAML file of settings. (${configVariable})`),
    ...entry(
      `${printFlag}[=text|json]`,
      'Say which settings are in force, each with its source, and end. Secrets are masked.',
    ),
    ...entry(checkFlag, 'Say whether the settings are allowed, and end: exit code 0, or 2 as for a refused start.'),
    ...entry('--help, -h', 'Show this.'),
    ...entry('--version, -V', 'Show the version.'),
    '',
    'A flag is stronger than a variable, a variable than the file, the file than the default. What was',
    'changed through an API (q config set) is stronger than all of them.',
    'SIGHUP, and a change of the file, make it read them again.',
    'Unknown flags, keys and Q_ variables are refused; these belong to the command line q:',
    ...wrapped(`${commandLineVariables.join(', ')}.`, ''),
    '',
  ].join('\n');
}

function describe(setting: Setting): string[] {
  const standard = setting.default || 'none';
  const { shorthand } = setting;
  return entry(
    `${setting.flag} <${setting.placeholder}>${shorthand === undefined ? '' : `, ${shorthand.flag}`}`,
    `${setting.doc} (${setting.env}, ${setting.key}; default ${standard})`,
  );
}

const indent = '      ';
const widthMax = 100;

function entry(head: string, text: string): string[] {
  return [`  ${head}`, ...wrapped(text, indent)];
}

function wrapped(text: string, before: string): string[] {
  const lines: string[] = [];
  let line = before;
  for (const word of text.split(' ')) {
    if (line.length + word.length > widthMax) {
      lines.push(line.trimEnd());
      line = before;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}
