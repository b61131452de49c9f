import { QError } from '@q/protocol';

import type { Clock } from './clock.ts';
import { OwnSignal } from './own-signal.ts';

/** An application's signal, or one of ours. */
export type AnySignal = AbortSignal | OwnSignal;

/** The error of something that a signal stopped; the signal's reason is its cause. An own QError passes through. */
export function abortError(signal: AnySignal): QError {
  if (QError.is(signal.reason)) return signal.reason;
  return new QError('ABORTED', 'The operation was aborted by its signal', { cause: signal.reason });
}

/**
 * Calls `fn` once when the signal aborts (at once if it already has). The returned function takes the listener away.
 */
export function onAbort(signal: AnySignal | undefined, fn: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) {
    fn();
    return () => {};
  }
  if (signal instanceof OwnSignal) return signal.listen(fn);
  signal.addEventListener('abort', fn, { once: true });
  return () => signal.removeEventListener('abort', fn);
}

export function throwIfAborted(signal: AnySignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
}

/**
 * Waits on the clock.
 *
 * @throws QError `ABORTED` (or the QError that the signal was aborted with), at once when the signal aborts.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AnySignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(delayMs, () => {
      forget();
      resolve();
    });
    const forget = onAbort(signal, () => {
      timer.cancel();
      reject(abortError(signal as AnySignal));
    });
  });
}

/** Settles as `promise` does, or rejects as soon as the signal aborts; the promise itself goes on. */
export function untilAborted<T>(promise: Promise<T>, signal: AnySignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => reject(abortError(signal)));
    void promise.then(resolve, reject).finally(forget);
  });
}
