import { QError } from '../src/errors.ts';

/** The QError that `action` throws; any other outcome fails the test. */
export function errorOf(action: () => unknown): QError {
  try {
    action();
  } catch (error) {
    if (QError.is(error)) return error;
    throw new Error('threw something that is no QError', { cause: error });
  }
  throw new Error('threw nothing');
}
