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
  /** With `--verbose`: what the error came from, the nearest first. */
  readonly causes?: readonly string[];
}

export interface ReportOptions {
  readonly json?: boolean;
  /** Also what the error came from. */
  readonly isVerbose?: boolean;
}

/** What went wrong, its code, and what to do next. */
export async function reportError(error: unknown, options: ReportOptions = {}): Promise<ErrorReport> {
  const { facts, exitCode, more } = await factsOf(error);
  const causes = options.isVerbose === true ? causesOf(error) : [];
  if (options.json === true)
    return { line: jsonLine({ ...facts, ...(options.isVerbose === true && { causes }) }), exitCode };
  return { line: `${textLine(more)}${causes.map((cause) => `   from ${cause}\n`).join('')}`, exitCode };
}

/** `more` is the line for people. */
async function factsOf(error: unknown): Promise<{ facts: ErrorFacts; exitCode: ExitCode; more: string }> {
  if (error instanceof CommandError) {
    const { message, code, hint, exitCode } = error;
    const more = withHint(`${message}${code === null ? '' : ` (${code})`}`, hint);
    return { facts: { code: code ?? exitCodeName(exitCode), message, hint }, exitCode, more };
  }
  // Loaded already when a command reached a broker; commands that never got there have no such errors.
  const client = await import('@q/client');
  const { errorEntryByName } = client;
  if (!client.QError.is(error)) {
    const message = oneLine(error instanceof Error ? error.message : String(error));
    return {
      facts: { code: exitCodeName(ExitCode.failure), message, hint: null },
      exitCode: ExitCode.failure,
      more: message,
    };
  }
  const message = oneLine(error.message).replace(/[.\s]+$/, '');
  const reason = reasonOf(error, client.QError);
  const { action } = errorEntryByName(reason.code);
  const codes = reason.code === error.code ? error.code : `${error.code}, ${reason.code}`;
  return {
    facts: { code: error.code, message, hint: action },
    exitCode: exitCodeOfError(error.code),
    more: `${message} (${codes}). ${action} More: q explain ${reason.code}`,
  };
}

/** Most hints go on with the sentence; what the table of errors says is sentences of its own. */
function withHint(text: string, hint: string | null): string {
  if (hint === null) return text;
  return /^[A-Z][a-z]/.test(hint) ? `${text}. ${hint}.` : `${text}; ${hint}`;
}

const causesMax = 10;

/** What an error came from, the nearest first, each with its code. */
function causesOf(error: unknown): string[] {
  const causes: string[] = [];
  let next = error instanceof Error ? error.cause : undefined;
  while (next instanceof Error && causes.length < causesMax) {
    const { code } = next as { readonly code?: unknown };
    causes.push(`${typeof code === 'string' ? code : next.name}: ${oneLine(next.message)}`);
    next = next.cause;
  }
  return causes;
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

function textLine(text: string): string {
  return `${styleText('red', 'q:', { stream: process.stderr })} ${text}\n`;
}

export function jsonLine(facts: ErrorFacts): string {
  return `${JSON.stringify(facts)}\n`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
