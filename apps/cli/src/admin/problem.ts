import { CommandError } from '../command-error.ts';
import { ExitCode, exitCodeOfError } from '../exit-code.ts';

/** What an answer that is not 2xx holds: RFC 9457, and the names that ours add. */
interface Problem {
  readonly title?: unknown;
  readonly detail?: unknown;
  /** A code of q. */
  readonly code?: unknown;
  /** What to do next. */
  readonly hint?: unknown;
  /** What brokers said before they had problems. */
  readonly error?: unknown;
}

/** Turns an answer that is no success into a failure of the command, with its exit code. */
export async function refusal(o: {
  status: number;
  isProblem: boolean;
  text: string;
  what: string;
}): Promise<CommandError> {
  const problem = readProblem(o.text);
  const code = textOf(problem.code);
  const message = textOf(problem.detail) ?? textOf(problem.title) ?? textOf(problem.error) ?? `status ${o.status}`;
  // Of the address itself, not of what it names.
  if (o.status === 404 && (!o.isProblem || code === 'NOT_FOUND')) {
    return new CommandError(ExitCode.failure, `${o.what}: ${message}`, {
      hint: 'a broker of the same version as this q has it',
    });
  }
  const ofCode = code === null ? ExitCode.failure : exitCodeOfError(code);
  const hint = textOf(problem.hint) ?? (code === null ? null : await actionOf(code));
  return new CommandError(ofCode === ExitCode.failure ? exitCodeOfStatus(o.status) : ofCode, withoutDot(message), {
    ...(code !== null && { code }),
    ...(hint !== null && { hint: withoutDot(hint) }),
  });
}

function exitCodeOfStatus(status: number): ExitCode {
  if (status === 401 || status === 403) return ExitCode.notAuthorised;
  if (status === 404) return ExitCode.notFound;
  return status === 408 || status === 504 ? ExitCode.timeout : ExitCode.failure;
}

/** Of the table of errors; a newer broker may have others. */
async function actionOf(code: string): Promise<string | null> {
  const { errorTable } = await import('@q/client');
  return errorTable.find(({ name }) => name === code)?.action ?? null;
}

function readProblem(text: string): Problem {
  try {
    const json = JSON.parse(text) as unknown;
    return typeof json === 'object' && json !== null ? json : {};
  } catch {
    // Not one of ours, such as the page of a proxy: its first line says what there is to know.
    return { detail: text.trim().split('\n', 1)[0]?.slice(0, 200) };
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function withoutDot(text: string): string {
  return text.replace(/[.\s]+$/, '');
}
