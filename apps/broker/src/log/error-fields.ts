import { logLimits } from './log-limits.ts';
import { isSecretName } from './redaction.ts';

/** An error as a line has it. Nothing else of it is told: what libraries hang on errors may be secret, and large. */
export interface ErrorFields {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly details?: object;
  /** Of the outermost error only. */
  readonly stack?: string;
  readonly cause?: ErrorFields;
}

/** @param thrown whatever was thrown */
export function errorFields(thrown: unknown): ErrorFields {
  return told(thrown, { depth: 0 });
}

function told(thrown: unknown, { depth }: { readonly depth: number }): ErrorFields {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: cut(String(thrown)) };
  const { code, details, cause } = thrown as { code?: unknown; details?: unknown; cause?: unknown };
  return {
    type: thrown.name,
    message: cut(thrown.message),
    ...((typeof code === 'string' || typeof code === 'number') && { code: String(code) }),
    ...(typeof details === 'object' && details !== null && { details: plainDetails(details) }),
    ...(depth === 0 && thrown.stack !== undefined && { stack: cut(thrown.stack) }),
    ...(cause !== undefined && depth < logLimits.causesMax && { cause: told(cause, { depth: depth + 1 }) }),
  };
}

function plainDetails(details: object): object {
  const plain = Object.entries(details).filter(
    ([name, value]) => !isSecretName(name) && ['string', 'number', 'boolean'].includes(typeof value),
  );
  return Object.fromEntries(plain.map(([name, value]) => [name, typeof value === 'string' ? cut(value) : value]));
}

/** A text that fits into a line. */
export function cut(text: string): string {
  const { textCharactersMax } = logLimits;
  return text.length <= textCharactersMax ? text : `${text.slice(0, textCharactersMax).toWellFormed()}…`;
}
