import { Command, Option } from 'commander';
import { argumentParser } from './argument-parser.ts';
import type { CommandContext, GlobalOptions } from './command-context.ts';
import { addGroupCommands } from './commands/group-commands.ts';
import { addRecordCommands } from './commands/record-commands.ts';
import { addTopicCommands } from './commands/topic-commands.ts';
import type { ExitCode } from './exit-code.ts';
import { parseTimeout } from './input/duration.ts';
import type { ProgramHost } from './program-host.ts';
import { packageVersion } from './version.ts';

export const defaultUrl = 'q://127.0.0.1:7420';

/** What becomes of a command line. */
export interface ProgramOutcome {
  readonly setExitCode: (code: ExitCode) => void;
  /** Takes what commander says of a command line that means nothing. */
  readonly writeMistake: (text: string) => void;
}

/**
 * The tree of commands. Only names, options and help are built here; what a command does is loaded when it runs, so
 * that help and mistakes are answered without loading the client.
 */
export function createProgram(context: CommandContext, outcome: ProgramOutcome): Command {
  const host: ProgramHost = { context, run: async (command) => outcome.setExitCode(await command) };
  const program = new Command('q')
    .description('Command line of q, a partitioned, durable, replayable message log.')
    .version(packageVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .addOption(new Option('--url <url>', 'broker to talk to').env('Q_URL').default(defaultUrl))
    .addOption(timeoutOption())
    .option('--json', 'write JSON, for programs; an error is an object with code, message and hint on standard error')
    .option('--raw', 'write plain numbers instead of human units')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => context.stdout.write(text), writeErr: outcome.writeMistake })
    .exitOverride()
    .addHelpText('after', exitCodesHelp);
  addTopicCommands(program, host);
  addRecordCommands(program, host);
  addGroupCommands(program, host);
  program
    .command('stats')
    .description('show totals, throughput, requests and errors of a broker')
    .action((_options: unknown, command: Command) =>
      host.run(
        import('./commands/stats.ts').then(({ showStats }) =>
          showStats(context, command.optsWithGlobals<GlobalOptions>()),
        ),
      ),
    );
  return program;
}

function timeoutOption(): Option {
  return new Option(
    '--timeout <time>',
    'give up after this long, such as 5s or 500ms (default: 3s for a connection, 30s for an answer)',
  )
    .env('Q_TIMEOUT')
    .argParser(argumentParser((text: string) => parseTimeout(text)));
}

const exitCodesHelp = `
Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 timeout, 5 not authorised, 130 interrupted.
Payloads go to standard output, everything else to standard error.`;
