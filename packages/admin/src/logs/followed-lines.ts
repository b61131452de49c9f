/** Lines of the log as events: those that are there, and then each as it is said. */
import { limits } from '../limits.ts';
import { eventGreeting, eventText } from '../stream/events.ts';
import type { LogTailFilter, LogTailLine, ProgramLog } from '../program-log.ts';

/**
 * A reader that comes back with the id of the last line that it has gets those behind it. One that is too slow for the
 * log is told how many lines it has missed: a broker keeps no more for it than `logLinesMax`.
 */
export async function* followedLines({
  tail,
  filter,
  limit,
  signal,
}: {
  readonly tail: ProgramLog['tail'];
  readonly filter: LogTailFilter;
  readonly limit: number;
  readonly signal: AbortSignal;
}): AsyncGenerator<string, void, undefined> {
  let waiting: LogTailLine[] = [...tail.last(limit, filter)];
  let missed = 0;
  let wake: (() => void) | null = null;
  const stop = tail.follow((line) => {
    waiting.push(line);
    if (waiting.length > limits.logLinesMax) {
      waiting.shift();
      missed += 1;
    }
    wake?.();
  }, filter);
  const ended = (): void => wake?.();
  signal.addEventListener('abort', ended, { once: true });
  try {
    yield eventGreeting;
    while (!signal.aborted) {
      if (missed > 0) yield eventText({ event: 'missed', data: { lines: missed } });
      missed = 0;
      const lines = waiting;
      waiting = [];
      if (lines.length > 0) yield lines.map(lineEvent).join('');
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      wake = null;
    }
  } finally {
    signal.removeEventListener('abort', ended);
    stop();
  }
}

function lineEvent({ number, json }: LogTailLine): string {
  // It is JSON already, in one line.
  return `id: ${number}\nevent: line\ndata: ${json}\n\n`;
}
