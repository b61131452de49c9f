import { ExitCode } from '../exit-code.ts';

/** Why `q-broker init` does not go on, in one sentence that says what to do. */
export class InitError extends Error {
  override readonly name = 'InitError';
  readonly exitCode: ExitCode;

  constructor(message: string, { exitCode = ExitCode.failed, cause }: { exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** The command line cannot mean anything. */
export function initUsage(message: string): InitError {
  return new InitError(`${message}; q-broker init --help tells more`, { exitCode: ExitCode.badSettings });
}
