/** One send of an open loop: `scheduledMs` is when it should have happened, on the clock of `performance.now()`. */
export type ScheduledSend = (scheduledMs: number) => void;

/**
 * Calls `send` at a fixed rate until `untilMs`, whatever becomes of the sends before. A send that comes late because the
 * process was busy still gets the time at which it was due, so that a stall counts against every send that it delayed
 * (no coordinated omission).
 *
 * Between sends it turns the event loop without sleeping: timers have a grain of a millisecond, which is more than what
 * is measured here. It costs one core for the client's process, ceiling and product alike.
 */
export function runOpenLoop(options: { ratePerSecond: number; untilMs: number; send: ScheduledSend }): Promise<void> {
  const { ratePerSecond, untilMs, send } = options;
  const startMs = performance.now();
  let sent = 0;
  return new Promise((resolve, reject) => {
    const turn = (): void => {
      try {
        const nowMs = performance.now();
        const dueMax = Math.min(nowMs, untilMs);
        for (let dueMs = startMs + (sent * 1000) / ratePerSecond; dueMs < dueMax; dueMs = startMs + (sent * 1000) / ratePerSecond) {
          send(dueMs);
          sent += 1;
        }
        if (nowMs >= untilMs) resolve();
        else setImmediate(turn);
      } catch (error) {
        reject(error);
      }
    };
    turn();
  });
}
