import { styleText } from 'node:util';
import { CommandError } from './command-error.ts';
import { ExitCode, exitCodeOfError } from './exit-code.ts';

export interface ErrorReport {
  /** One line, with its newline. */
  readonly line: string;
  readonly exitCode: ExitCode;
}

/** What went wrong, its code, and what to do next. */
export async function reportError(error: unknown): Promise<ErrorReport> {
  if (error instanceof CommandError) return report(error.message, error.exitCode);
  // Loaded already when a command reached a broker; commands that never got there have no such errors.
  const { QError, errorEntryByName } = await import('@q/client');
  if (!QError.is(error)) return report(oneLine(error instanceof Error ? error.message : String(error)), ExitCode.failure);
  const message = oneLine(error.message).replace(/[.\s]+$/, '');
  return report(`${message} (${error.code}). ${errorEntryByName(error.code).action}`, exitCodeOfError(error.code));
}

function report(text: string, exitCode: ExitCode): ErrorReport {
  return { line: `${styleText('red', 'q:', { stream: process.stderr })} ${text}\n`, exitCode };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
