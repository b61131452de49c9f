import type { SliceOptions } from '@q/protocol';
import type { LogContext } from './log-context.ts';

/** How the records of a large batch are walked on the loop that serves clients: others have their turn in between. */
export function slicesOf({ clock, limits }: Pick<LogContext, 'clock' | 'limits'>): SliceOptions {
  return { uncompressedBytesMax: limits.uncompressedBytesMax, pause: () => new Promise((resolve) => clock.defer(resolve)) };
}
