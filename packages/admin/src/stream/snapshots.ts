/** Events that tell how something is now, again and again. */
import type { Clock } from '@q/broker';
import { eventGreeting, eventText } from './events.ts';

/** A pause that ends early when nobody waits any more. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.schedule(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** One event at once, and then one each `intervalMs`. The same again is not left out: it tells that it is so still. */
export async function* snapshots(options: {
  readonly event: string;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  readonly look: () => unknown;
}): AsyncGenerator<string, void, undefined> {
  const { event, clock, intervalMs, signal, look } = options;
  yield eventGreeting;
  while (!signal.aborted) {
    yield eventText({ event, data: await look() });
    await pause(clock, intervalMs, signal);
  }
}
