import { QError } from '@q/client';
import { describeValue } from './hostile-values.ts';
import { unsettled } from './stage.ts';
import type { Outcome } from './stage.ts';

/** Errors of the application's own that a case throws, to see whether they come out as they are. */
export class OwnError extends Error {
  override readonly name = 'OwnError';
}

/** What may come out of any call: a value, or a QError with a code. Null if it is so. */
export function judge(outcome: Outcome): string | null {
  if (outcome === unsettled) return 'never settled';
  if ('value' in outcome) return null;
  const { thrown } = outcome;
  if (!QError.is(thrown)) return `${describeError(thrown)} instead of a QError`;
  if (thrown.code === 'UNKNOWN') return `UNKNOWN: ${thrown.message} (${describeError(thrown.cause)})`;
  return thrown.message === '' ? `${thrown.code} without a message` : null;
}

/** As `judge`, of a call whose argument is wrong: it must be refused, and the error must name what is wrong. */
export function judgeRefusal(outcome: Outcome, names: readonly string[]): string | null {
  const problem = judge(outcome);
  if (problem !== null) return problem;
  if (outcome === unsettled || !('thrown' in outcome)) return 'was accepted';
  const error = outcome.thrown as QError;
  const said = [error.message, ...Object.values(error.details).map(String)].join(' ');
  if (names.some((name) => said.includes(name))) return null;
  return `does not name ${names.join(' or ')}: ${error.code} ${error.message}`;
}

export function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return describeValue(thrown);
  const at = /\n\s+at (?<place>.*)/u.exec(thrown.stack ?? '')?.groups?.['place'] ?? '';
  return `${thrown.name}: ${thrown.message.slice(0, 300)} at ${at.replace(/\(?file:.*\/(?=packages|tests)/u, '(')}`;
}
