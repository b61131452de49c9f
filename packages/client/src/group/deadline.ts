import { QError } from '@q/protocol';

import type { Clock } from '../clock.ts';

/**
 * Whether the promise was fulfilled within the time. `onFailure` hears, once, why it was not; what becomes of a promise
 * that took too long is of no interest any more.
 */
export function fulfilledWithin(
  promise: Promise<unknown>,
  o: { clock: Clock; timeoutMs: number; what: string; onFailure: (thrown: unknown) => void },
): Promise<boolean> {
  return new Promise((resolve) => {
    let isOver = false;
    const finish = (isFulfilled: boolean, thrown?: unknown): void => {
      if (isOver) return;
      isOver = true;
      timer.cancel();
      if (!isFulfilled) o.onFailure(thrown);
      resolve(isFulfilled);
    };
    const timer = o.clock.schedule(Math.max(0, o.timeoutMs), () =>
      finish(false, new QError('REQUEST_TIMED_OUT', `${o.what}: not done within ${o.timeoutMs} ms`)),
    );
    promise.then(
      () => finish(true),
      (thrown: unknown) => finish(false, thrown),
    );
  });
}
