import { ExitCode } from './exit-code.ts';

/** A failure that a command explains by itself, in one line and with its exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The command line cannot mean anything. The message says what is allowed. */
export function usageError(message: string): CommandError {
  return new CommandError(ExitCode.usage, message);
}
