import type { CommandContext } from './command-context.ts';
import type { ExitCode } from './exit-code.ts';

/** What the definition of a command needs to run it. */
export interface ProgramHost {
  readonly context: CommandContext;
  /** Runs a command that was loaded for the purpose, and keeps its exit code. */
  run(command: Promise<ExitCode>): Promise<void>;
}
