import { setTimeout as sleep } from 'node:timers/promises';
import type { QError } from '@q/client';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { LiveFrame } from '../output/live-frame.ts';

export interface WatchOptions extends GlobalOptions {
  /** Milliseconds between two looks. */
  readonly interval: number;
}

/** Something that is looked at again and again. */
export interface Watched<T> {
  readonly look: () => Promise<T>;
  /** For people. */
  readonly frame: (seen: T) => string | Promise<string>;
  /** For programs: one object. */
  readonly line: (seen: T) => object;
}

/**
 * Looks until Ctrl-C, or until nobody reads. On a terminal what is seen is drawn again in its place; elsewhere, and
 * with `--json`, each look is a line of JSON. Trouble that may pass is told, and it goes on; the first look has to
 * work.
 */
export async function watch<T>(context: CommandContext, options: WatchOptions, watched: Watched<T>): Promise<void> {
  const { stdout, interrupt } = context;
  const frame = isTerminal(stdout) && options.json !== true ? new LiveFrame(stdout) : null;
  let nextMs = performance.now();
  let isFirst = true;
  const reader = { isGone: false };
  // What else may be wrong with it is told where the program ends.
  stdout.once('error', () => (reader.isGone = true));
  // A broker that is gone is waited for by a look, and nobody waits for that after Ctrl-C.
  const interrupted = new Promise<null>((resolve) => {
    interrupt.addEventListener('abort', () => resolve(null), { once: true });
  });
  while (!interrupt.aborted && !reader.isGone) {
    try {
      const seen = await Promise.race([watched.look(), interrupted]);
      if (seen === null) return;
      if (frame === null) stdout.write(`${JSON.stringify(watched.line(seen))}\n`);
      else frame.show(await watched.frame(seen));
    } catch (error) {
      if (interrupt.aborted) return;
      const trouble = await passing(error);
      if (isFirst || trouble === null) throw error;
      if (frame === null) stdout.write(`${JSON.stringify(errorLine(trouble))}\n`);
      else frame.show(`no answer: ${trouble.message} (${trouble.code})\n`);
    }
    isFirst = false;
    // At its time, however long the look took; one that was missed is left out.
    const nowMs = performance.now();
    nextMs = Math.max(nextMs + options.interval, nowMs);
    await sleep(nextMs - nowMs, undefined, { signal: interrupt }).catch(() => undefined);
  }
}

function errorLine({ code, message }: QError): object {
  return { timeMs: Date.now(), error: { code, message } };
}

/** Null: it will be the same the next time. */
async function passing(error: unknown): Promise<QError | null> {
  const { QError } = await import('@q/client');
  return QError.is(error) && (error.retriable || error.code === 'REQUEST_TIMED_OUT') ? error : null;
}
