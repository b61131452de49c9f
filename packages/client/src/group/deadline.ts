import type { Clock } from '../clock.ts';

/** Whether the promise was fulfilled within the time. It goes on otherwise; `onFailure` hears of it if it ever fails. */
export function fulfilledWithin(promise: Promise<unknown>, o: { clock: Clock; timeoutMs: number; onFailure: (thrown: unknown) => void }): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = o.clock.schedule(Math.max(0, o.timeoutMs), () => resolve(false));
    promise.then(
      () => {
        timer.cancel();
        resolve(true);
      },
      (thrown: unknown) => {
        timer.cancel();
        o.onFailure(thrown);
        resolve(false);
      },
    );
  });
}
