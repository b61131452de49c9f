import { setImmediate as nextTurn } from 'node:timers/promises';

/** One send of an open loop: `scheduledMs` is when it should have happened, on the clock of `performance.now()`. */
export type ScheduledSend = (scheduledMs: number) => void;

const napMs = 0.05;
const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));

/**
 * Calls `send` at a fixed rate until `untilMs`, whatever becomes of the sends before. A send that comes late because
 * the process was busy still gets the time at which it was due, so that a stall counts against every send that it
 * delayed (no coordinated omission).
 *
 * Between sends it turns the event loop, and sleeps for moments: timers have a grain of a millisecond, which is more
 * than what is measured here, and turning it without sleep takes a core for itself, of two: a thread that is woken
 * elsewhere then waits for the end of a slice of 3 ms, again and again. An answer is seen that much later, by ceiling
 * and product alike.
 */
export async function runOpenLoop(options: {
  ratePerSecond: number;
  untilMs: number;
  send: ScheduledSend;
}): Promise<void> {
  const { ratePerSecond, untilMs, send } = options;
  const startMs = performance.now();
  const dueMs = (index: number): number => startMs + (index * 1000) / ratePerSecond;
  let sent = 0;
  while (performance.now() < untilMs) {
    for (const nowMs = performance.now(); dueMs(sent) <= nowMs; sent += 1) send(dueMs(sent));
    await nextTurn();
    const idleMs = dueMs(sent) - performance.now();
    if (idleMs > napMs) Atomics.wait(nobodyWakes, 0, 0, napMs);
  }
}
