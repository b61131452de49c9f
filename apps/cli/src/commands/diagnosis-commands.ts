import { Option } from 'commander';
import type { Command } from 'commander';
import { argumentParser } from '../argument-parser.ts';
import type { GlobalOptions } from '../command-context.ts';
import { addExamples } from '../examples.ts';
import { parseWholeNumber } from '../input/whole-number.ts';
import type { ProgramHost } from '../program-host.ts';
import type { LogsOptions } from './logs.ts';

const linesMax = 1_000;
const countParser = argumentParser((text: string) => parseWholeNumber(text, { min: 1, max: linesMax }));

/** `q logs` and `q explain`: definitions only, see `createProgram`. */
export function addDiagnosisCommands(program: Command, host: ProgramHost): void {
  addLogs(program, host);
  addExplain(program, host);
}

function addLogs(program: Command, host: ProgramHost): void {
  const logs = program
    .command('logs')
    .description('show the last lines of a broker’s log, which it keeps in memory')
    .option('-f, --follow', 'go on with each line as it is said')
    .addOption(
      new Option('-l, --level <level>', 'only lines at least as severe').choices([
        'debug',
        'info',
        'warn',
        'error',
        'fatal',
      ]),
    )
    .option('-e, --event <event>', 'only this event, such as group.rebalanced, or a subsystem, such as group')
    .option('--since <time>', 'only lines since then: a time such as 2026-11-30T10:00:00Z, or 15m ago')
    .option('-n, --count <lines>', 'the newest so many (default: 100)', countParser);
  addExamples(logs, [
    ['q logs --level warn --since 1h', 'what went wrong in the last hour'],
    ['q logs --follow --event group', 'joins, leaves and rebalances as they happen'],
    ['q logs --json | jq -r .event | sort | uniq -c', 'how often each event'],
  ]).action((_options: unknown, command: Command) =>
    host.run(() =>
      import('./logs.ts').then(({ showLogs }) => showLogs(host.context, command.optsWithGlobals<LogsOptions>())),
    ),
  );
}

function addExplain(program: Command, host: ProgramHost): void {
  const explain = program
    .command('explain [code...]')
    .description('tell what an error means, why it happens and what to do; needs no broker')
    .option('--list', 'every error in a line');
  addExamples(explain, [
    ['q explain STORAGE_FULL'],
    ['q explain kafka:3', 'a number that a Kafka client has printed'],
    ['q explain --list'],
  ]).action((words: string[], _options: unknown, command: Command) =>
    host.run(() =>
      import('./explain.ts').then(({ explainCode }) =>
        explainCode(host.context, words, command.optsWithGlobals<GlobalOptions & { readonly list?: boolean }>()),
      ),
    ),
  );
}
