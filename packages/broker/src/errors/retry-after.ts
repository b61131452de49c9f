import type { QError } from '@q/protocol';

/** What a broker without room asks of whoever wants to write, in ms: it looks for room every few seconds. */
export const fullPauseMs = 1_000;
/** The same of one that holds too much: that is over in a moment, as a rule. */
export const busyPauseMs = 250;
/** And of one whose disk hangs. */
export const stuckPauseMs = 1_000;

/** How long the sender of these parts should wait before it sends again what was refused, in ms; 0 when nothing was. */
export function retryAfterMs(parts: readonly { readonly error: QError | null }[]): number {
  let longestMs = 0;
  for (const { error } of parts) {
    const pauseMs = error?.details['retryAfterMs'];
    if (typeof pauseMs === 'number' && pauseMs > longestMs) longestMs = pauseMs;
  }
  return longestMs;
}
