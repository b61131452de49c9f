import { CommanderError } from 'commander';
import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { reportError, usageReport } from './error-line.ts';
import { ExitCode } from './exit-code.ts';
import { isReaderGone } from './output/reader-gone.ts';
import { createProgram } from './program.ts';
import { secretInArguments } from './secure/secret-argument.ts';

/** What the scripts of `q completion` call; it stands in no help. */
const completeCommand = '__complete';

/** The whole program: from the command line to the exit code. Ends the process itself. */
export async function main(): Promise<void> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // The first asks for an orderly end; whoever presses Ctrl-C twice does not want to wait for it.
      if (interrupt.signal.aborted) process.exit(ExitCode.interrupted);
      interrupt.abort();
    });
  }
  const context = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, interrupt: interrupt.signal };
  const argv = process.argv.slice(2);
  const failureOf = watchOutput({ json: hasFlag(argv, '--json') });
  const exitCode = (await runCommand(argv, context)) || (await failureOf());
  // A prompt or a pipe from a process that does not end would keep this one alive.
  process.exit(exitCode);
}

/** Says, once everything was written, whether standard output took it. A reader that has gone away is no failure. */
function watchOutput({ json }: { json: boolean }): () => Promise<ExitCode> {
  const { stdout, stderr } = process;
  let failure: Error | null = null;
  stdout.on('error', (error) => (isReaderGone(error, stdout) ? undefined : (failure ??= error)));
  stderr.on('error', () => undefined);
  return async () => {
    // What a write has failed with is told a turn later.
    await new Promise((resolve) => setImmediate(resolve));
    if (failure === null) return ExitCode.ok;
    stderr.write((await reportError(failure, { json })).line);
    return ExitCode.failure;
  };
}

/** Runs one command line. Never throws: what goes wrong is a line on standard error and an exit code. */
export async function runCommand(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.ok;
  const json = hasFlag(argv, '--json');
  const mistakes: string[] = [];
  const program = createProgram(context, {
    run: async (command) => {
      exitCode = await command();
    },
    writeMistake: (text) => void (json ? mistakes.push(text) : context.stderr.write(text)),
  });
  try {
    const secret = secretInArguments(argv);
    if (secret !== null) throw secret;
    if (argv[0] === completeCommand) return await answer(program, argv.slice(1), context);
    await program.parseAsync(helpForm(program, argv), { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has already said what is wrong, or shown the help that was asked for.
      if (error.exitCode === 0) return ExitCode.ok;
      if (json) context.stderr.write(usageReport(mistakes.join('')).line);
      return ExitCode.usage;
    }
    if (context.interrupt.aborted) return ExitCode.interrupted;
    const report = await reportError(error, { json, isVerbose: hasFlag(argv, '--verbose') });
    context.stderr.write(report.line);
    return report.exitCode;
  }
}

/** A shell asks what may stand at its cursor. */
async function answer(program: Command, args: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { answerShell } = await import('./completion/answer-shell.ts');
  context.stdout.write(await answerShell(program, args));
  return ExitCode.ok;
}

/** Commander's own `help` takes one word: `q help topic trim` is told to it as `q topic help trim`. */
function helpForm(program: Command, argv: readonly string[]): string[] {
  const [first, noun = '', ...rest] = argv;
  const isNoun = program.commands.some((command) => command.name() === noun && command.commands.length > 0);
  return first === 'help' && isNoun && rest.length > 0 ? [noun, 'help', ...rest] : [...argv];
}

/** Looked for by hand: a mistake may stand before it, and is to be told in its way all the same. */
function hasFlag(argv: readonly string[], flag: '--json' | '--verbose'): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).includes(flag);
}
