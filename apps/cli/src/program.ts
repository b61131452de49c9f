import { Command, Help, Option } from 'commander';
import type { AddHelpTextContext } from 'commander';
import { argumentParser } from './argument-parser.ts';
import type { CommandContext } from './command-context.ts';
import { addAclCommands } from './commands/acl-commands.ts';
import { addBackupCommands } from './commands/backup-commands.ts';
import { addBenchCommands } from './commands/bench-commands.ts';
import { addClusterCommands } from './commands/cluster-commands.ts';
import { addCompletionCommand } from './commands/completion-commands.ts';
import { addConfigCommands } from './commands/config-commands.ts';
import { addDiagnosisCommands } from './commands/diagnosis-commands.ts';
import { addGroupCommands } from './commands/group-commands.ts';
import { addLogCommands } from './commands/log-commands.ts';
import { addProfileCommands } from './commands/profile-commands.ts';
import { addRecordCommands } from './commands/record-commands.ts';
import { addSecurityCommands } from './commands/security-commands.ts';
import { addStatsCommand } from './commands/stats-commands.ts';
import { addTopicCommands } from './commands/topic-commands.ts';
import { addTransactionCommands } from './commands/transaction-commands.ts';
import { addUserCommands } from './commands/user-commands.ts';
import { addExamples, addExamplesOfChildren } from './examples.ts';
import type { ExitCode } from './exit-code.ts';
import { parseTimeout } from './input/duration.ts';
import type { ProgramHost } from './program-host.ts';
import { addSecureOptions, secureGroup } from './secure-options.ts';
import { packageVersion } from './version.ts';

export const defaultUrl = 'q://127.0.0.1:7420';

/** What becomes of a command line. */
export interface ProgramOutcome {
  /** Runs the command that was meant. */
  readonly run: (command: () => Promise<ExitCode>) => Promise<void>;
  /** Takes what commander says of a command line that means nothing. */
  readonly writeMistake: (text: string) => void;
}

/**
 * The tree of commands. Only names, options and help are built here; what a command does is loaded when it runs, so
 * that help and mistakes are answered without loading the client.
 */
export function createProgram(context: CommandContext, outcome: ProgramOutcome): Command {
  const host: ProgramHost = { context, run: outcome.run };
  const program = new Command('q')
    .description('Command line of q, a partitioned, durable, replayable message log.')
    .version(packageVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .addOption(new Option('--url <url>', 'broker to talk to').env('Q_URL').default(defaultUrl))
    .addOption(new Option('--admin-url <url>', 'its admin interface (default: asks the broker)').env('Q_ADMIN_URL'))
    .addOption(new Option('--profile <profile>', 'a connection that was kept under a name').env('Q_PROFILE'))
    .addOption(timeoutOption())
    .option('--json', 'write JSON, for programs; an error is an object with code, message and hint on standard error')
    .option('--raw', 'write plain numbers instead of human units')
    .option('--verbose', 'show what an error came from, down to what the broker said')
    .configureHelp({ showGlobalOptions: true, visibleGlobalOptions })
    .configureOutput({ writeOut: (text) => context.stdout.write(text), writeErr: outcome.writeMistake })
    .exitOverride()
    .addHelpText('after', exitCodesHelp)
    .hook('preAction', (root, command) => takeProfile(root, command, context))
    .addHelpText('afterAll', secureHelpOf);
  addSecureOptions(program);
  addExamples(program, [
    ['q topic create orders --partitions 8'],
    ['echo hello | q produce orders'],
    ['q consume orders -o start -e', 'all that is there'],
    ['q group describe billing', 'how far a group of consumers is'],
  ]);
  addTopicCommands(program, host);
  addRecordCommands(program, host);
  addGroupCommands(program, host);
  addTransactionCommands(program, host);
  addClusterCommands(program, host);
  addUserCommands(program, host);
  addAclCommands(program, host);
  addSecurityCommands(program, host);
  addBackupCommands(program, host);
  addLogCommands(program, host);
  addConfigCommands(program, host);
  addDiagnosisCommands(program, host);
  addBenchCommands(program, host);
  addProfileCommands(program, host);
  addCompletionCommand(program, host);
  addStatsCommand(program, host);
  addExamplesOfChildren(program);
  return program;
}

/** The help of a command stays short: how to reach a secured broker is told by `q --help`, and kept in a profile. */
function visibleGlobalOptions(this: Help, command: Command): Option[] {
  return Help.prototype.visibleGlobalOptions
    .call(this, command)
    .filter(({ helpGroupHeading }) => helpGroupHeading !== secureGroup);
}

/** Whoever mends profiles can do without them. */
async function takeProfile(program: Command, command: Command, context: CommandContext): Promise<void> {
  if (command.parent?.name() === 'profile' || command.name() === 'completion') return;
  const { applyProfile } = await import('./profile/profile-choice.ts');
  const note = await applyProfile(program, process.env);
  if (note !== null) context.stderr.write(`${note}\n`);
}

function timeoutOption(): Option {
  return new Option(
    '--timeout <time>',
    'give up after this long, such as 5s or 500ms (default: 3s for a connection, 30s for an answer)',
  )
    .env('Q_TIMEOUT')
    .argParser(argumentParser((text: string) => parseTimeout(text)));
}

function secureHelpOf({ command }: AddHelpTextContext): string {
  return command.parent === null ? '' : secureHelp;
}

const secureHelp = `
Secured brokers: --ca, --user, --password-file and others that "q --help" tells
of, or --profile.
`;

const exitCodesHelp = `
Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 timeout, 5 not authorised,
130 interrupted.
Payloads go to standard output, everything else to standard error.`;
