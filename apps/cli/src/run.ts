import { CommanderError } from 'commander';
import type { CommandContext } from './command-context.ts';
import { ExitCode } from './exit-code.ts';
import { createProgram } from './program.ts';

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
  const exitCode = await runCommand(process.argv.slice(2), context);
  // A prompt or a pipe from a process that does not end would keep this one alive.
  process.exit(exitCode);
}

/** Runs one command line. Never throws: what goes wrong is a line on standard error and an exit code. */
export async function runCommand(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.ok;
  const program = createProgram(context, (code) => { exitCode = code; });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has already said what is wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
    if (context.interrupt.aborted) return ExitCode.interrupted;
    const { reportError } = await import('./error-line.ts');
    const report = await reportError(error);
    context.stderr.write(report.line);
    return report.exitCode;
  }
}
