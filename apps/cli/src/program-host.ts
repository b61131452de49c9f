import type { CommandContext } from './command-context.ts';
import type { ExitCode } from './exit-code.ts';

/** What the definition of a command needs to run it. */
export interface ProgramHost {
  readonly context: CommandContext;
  /** Loads a command, which is done for the purpose, runs it, and keeps its exit code. */
  run(command: () => Promise<ExitCode>): Promise<void>;
}
