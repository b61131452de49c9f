/** Server-sent events, as the HTML standard writes them. */

export const eventStream = 'text/event-stream';
export const lineStream = 'application/x-ndjson';

/** A line that readers pass over. */
export const eventHeartbeat = ': still here\n\n';

/** How long a reader waits before it comes back. */
export const eventGreeting = 'retry: 2000\n\n';

export interface EventText {
  readonly event: string;
  readonly data: unknown;
  /** What a reader that comes back sends as `Last-Event-ID`. */
  readonly id?: string | undefined;
}

/** JSON has no line ends outside of its texts, and there they are escaped: it is always one line. */
export function eventText({ event, data, id }: EventText): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
