import { onTestFinished } from 'vitest';

export interface ReadEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id: string | null;
}

/** Reads server-sent events, one after the other. The stream ends with the test. */
export class EventReader {
  readonly response: Response;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #stop: AbortController;
  #text = '';
  comments = 0;

  private constructor(response: Response, stop: AbortController) {
    this.response = response;
    this.#stop = stop;
    this.#chunks = response.body!.values();
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: stop.signal });
    return new EventReader(response, stop);
  }

  /** The next event; null at the end. */
  async next(): Promise<ReadEvent | null> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await this.#chunks.next();
        if (done === true) return null;
        this.#text += Buffer.from(value).toString('utf8');
        continue;
      }
      const lines = this.#text.slice(0, end).split('\n');
      this.#text = this.#text.slice(end + 2);
      if (lines.every((line) => line.startsWith(':'))) this.comments += 1;
      const field = (name: string): string | null =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
      const event = field('event');
      if (event !== null) return { event, data: JSON.parse(field('data')!) as unknown, id: field('id') };
    }
  }

  close(): void {
    this.#stop.abort();
  }
}
