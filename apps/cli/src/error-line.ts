import { styleText } from 'node:util';
import type { QError } from '@q/client';
import { CommandError } from './command-error.ts';
import { ExitCode, exitCodeName, exitCodeOfError } from './exit-code.ts';

export interface ErrorReport {
  /** For standard error, with its newline: a line for people, or a JSON object in a line with `--json`. */
  readonly line: string;
  readonly exitCode: ExitCode;
}

/** What `--json` writes to standard error. The names are frozen: scripts depend on them. */
interface ErrorFacts {
  /** A code of q (`QError.code`), or the name of the exit code in capitals where q has none. */
  readonly code: string;
  readonly message: string;
  /** What to do next; null where the message says it. */
  readonly hint: string | null;
}

export interface ReportOptions {
  readonly json?: boolean;
}

/** What went wrong, its code, and what to do next. */
export async function reportError(error: unknown, { json = false }: ReportOptions = {}): Promise<ErrorReport> {
  if (error instanceof CommandError) {
    const { message, code, hint, exitCode } = error;
    if (json) return { line: jsonLine({ code: code ?? exitCodeName(exitCode), message, hint }), exitCode };
    return {
      line: textLine(`${message}${code === null ? '' : ` (${code})`}${hint === null ? '' : `; ${hint}`}`),
      exitCode,
    };
  }
  // Loaded already when a command reached a broker; commands that never got there have no such errors.
  const client = await import('@q/client');
  const { errorEntryByName } = client;
  if (!client.QError.is(error)) return reportOther(error, json);
  const message = oneLine(error.message).replace(/[.\s]+$/, '');
  const { action } = errorEntryByName(reasonOf(error, client.QError).code);
  const exitCode = exitCodeOfError(error.code);
  if (json) return { line: jsonLine({ code: error.code, message, hint: action }), exitCode };
  return { line: textLine(`${message} (${error.code}). ${action}`), exitCode };
}

/**
 * What is to be done is said of what went wrong, not of the wait for it to pass: behind a delivery that took too long
 * may be a disk that is full.
 */
function reasonOf(error: QError, client: Pick<typeof QError, 'is'>): QError {
  const isWait = error.code === 'DELIVERY_TIMED_OUT' || error.code === 'REQUEST_TIMED_OUT';
  return isWait && client.is(error.cause) ? reasonOf(error.cause, client) : error;
}

/** The command line itself is wrong, and `text` is what commander has to say: the mistake, and what was meant. */
export function usageReport(text: string): ErrorReport {
  const [first = '', ...rest] = text.trim().split('\n');
  // Without a command there is no mistake to name: the help itself is the answer.
  if (!first.startsWith('error: ')) return usage('no command is named', 'q --help lists the commands');
  return usage(first.slice('error: '.length), oneLine(rest.join('\n')).replace(/^\((.*)\)$/, '$1') || null);
}

function usage(message: string, hint: string | null): ErrorReport {
  return { line: jsonLine({ code: exitCodeName(ExitCode.usage), message, hint }), exitCode: ExitCode.usage };
}

function reportOther(error: unknown, json: boolean): ErrorReport {
  const message = oneLine(error instanceof Error ? error.message : String(error));
  const line = json ? jsonLine({ code: exitCodeName(ExitCode.failure), message, hint: null }) : textLine(message);
  return { line, exitCode: ExitCode.failure };
}

function textLine(text: string): string {
  return `${styleText('red', 'q:', { stream: process.stderr })} ${text}\n`;
}

export function jsonLine(facts: ErrorFacts): string {
  return `${JSON.stringify(facts)}\n`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
