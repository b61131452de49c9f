import { ExitCode } from './exit-code.ts';

export interface CommandErrorOptions extends ErrorOptions {
  /** A code of q that says the same. Without one the exit code gives it a name. */
  readonly code?: string;
  /** What to do next. */
  readonly hint?: string;
}

/** A failure that a command explains by itself, in one line and with its exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;
  readonly code: string | null;
  readonly hint: string | null;

  constructor(exitCode: ExitCode, message: string, options: CommandErrorOptions = {}) {
    super(message, options);
    this.exitCode = exitCode;
    this.code = options.code ?? null;
    this.hint = options.hint ?? null;
  }
}

/** The command line cannot mean anything. The message says what is allowed. */
export function usageError(message: string): CommandError {
  return new CommandError(ExitCode.usage, message);
}
