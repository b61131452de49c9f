import { createParser } from 'eventsource-parser';

/** One server-sent event. */
export interface AdminEvent {
  /** Its name; empty where the broker gives none. */
  readonly event: string;
  readonly data: string;
  readonly id: string | null;
}

/** Far more than one event of ours has; keeps a stream that never ends its line out of the memory. */
const eventCharactersMax = 16 << 20;

/** Cuts a stream of bytes into events, as they come. */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<AdminEvent, void, undefined> {
  const decoder = new TextDecoder();
  let ready: AdminEvent[] = [];
  const parser = createParser({
    maxBufferSize: eventCharactersMax,
    onEvent: ({ event, data, id }) => ready.push({ event: event ?? '', data, id: id ?? null }),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw error;
    },
  });
  for await (const chunk of chunks) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    if (ready.length === 0) continue;
    const events = ready;
    ready = [];
    yield* events;
  }
}
