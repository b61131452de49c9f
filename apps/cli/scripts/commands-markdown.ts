import { PassThrough } from 'node:stream';
import type { Command, Option } from 'commander';
import { createProgram } from '../src/program.ts';

/** Every command with its options as Markdown, from the definitions that `q --help` also comes from. */
export function commandsMarkdown(): string {
  const program = createProgram(
    {
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      interrupt: new AbortController().signal,
    },
    { run: async () => undefined, writeMistake: () => undefined },
  );
  const everywhere = `Options of every command:\n\n${optionsTable(program)}`;
  const all = leaves(program, 'q');
  return [overview(all), ...all.map(({ command, call }) => section(command, call)), everywhere].join('\n');
}

/** All commands at a glance. */
function overview(all: readonly Leaf[]): string {
  const rows = all.map(({ command, call }) => `| \`${call}\` | ${cell(sentence(command.description()))} |`);
  return `| command | does |\n| --- | --- |\n${rows.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

interface Leaf {
  readonly command: Command;
  /** How it is called, such as `q topic create`. */
  readonly call: string;
}

function leaves(command: Command, call: string): Leaf[] {
  if (command.commands.length === 0) return [{ command, call }];
  return command.commands.flatMap((child) => leaves(child, `${call} ${child.name()}`));
}

function section(command: Command, call: string): string {
  const operands = command.registeredArguments.map((argument) => ` <${argument.name()}>`).join('');
  const options = visibleOptions(command).length === 0 ? '' : `\n${optionsTable(command)}`;
  return `### \`${call}${operands}\`\n\n${sentence(command.description())}\n${options}`;
}

function optionsTable(command: Command): string {
  const rows = visibleOptions(command).map((option) => `| \`${option.flags}\` | ${cell(sentence(describe(option)))} |`);
  return `| option | meaning |\n| --- | --- |\n${rows.join('\n')}\n`;
}

function visibleOptions(command: Command): Option[] {
  return command.options.filter((option) => !option.hidden);
}

function describe(option: Option): string {
  const notes = [
    ...(option.argChoices === undefined ? [] : [`one of ${option.argChoices.join(', ')}`]),
    ...(option.defaultValue === undefined
      ? []
      : [`default: ${option.defaultValueDescription ?? String(option.defaultValue)}`]),
    ...(option.envVar === undefined ? [] : [`variable: \`${option.envVar}\``]),
  ];
  return `${option.description}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
