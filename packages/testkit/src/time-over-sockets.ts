import type { ManualClock } from './manual-clock.ts';

const stepMs = 5;
/** What is on its way over a socket of the machine arrives within so many turns of the event loop, as a rule. */
const turnsAStep = 8;
/** Not a step of time before everything that needs none has happened. */
const turnsBefore = 40;

/**
 * Moves the clock until a promise settles that depends on real sockets as well. Gives what it resolves with, and how
 * much time it took: less than 50 ms is none to speak of.
 */
export async function timeOverSockets<T>(
  clock: ManualClock,
  promise: Promise<T>,
): Promise<{ readonly value: T; readonly ms: number }> {
  const begunAtMs = clock.monotonic();
  let isOver = false;
  const over = promise.finally(() => (isOver = true));
  over.catch(() => undefined);
  for (let turns = 0; turns < turnsBefore && !isOver; turns += 1) await clock.runDeferred();
  while (!isOver) {
    await clock.advance(stepMs);
    for (let turns = 0; turns < turnsAStep && !isOver; turns += 1) await clock.runDeferred();
  }
  return { value: await over, ms: clock.monotonic() - begunAtMs };
}
