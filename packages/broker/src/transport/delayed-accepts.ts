/**
 * Connections that wait to be let in: nothing of them is read, and nothing is made for them but a timer.
 *
 * Invariant: one that waits is let in exactly once, or goes before that.
 */
import type { Clock, Scheduled } from '../clock.ts';
import type { ByteStream, StreamEvents } from './network.ts';

export class DelayedAccepts {
  readonly #clock: Clock;
  readonly #waiting = new Set<DelayedStream>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** Calls `letIn` after the time, and goes on with what it gives. `gone`: the peer did not wait for it. */
  add(
    stream: ByteStream,
    {
      delayMs,
      letIn,
      gone,
    }: { readonly delayMs: number; readonly letIn: () => StreamEvents; readonly gone: () => void },
  ): StreamEvents {
    const delayed = new DelayedStream(stream, {
      timer: this.#clock.schedule(delayMs, () => {
        this.#waiting.delete(delayed);
        delayed.goOn(letIn());
      }),
      gone: () => {
        this.#waiting.delete(delayed);
        gone();
      },
    });
    this.#waiting.add(delayed);
    return delayed;
  }

  /** Hangs up on all. */
  close(): void {
    for (const delayed of this.#waiting) delayed.destroy();
  }
}

class DelayedStream implements StreamEvents {
  readonly #stream: ByteStream;
  readonly #timer: Scheduled;
  readonly #gone: () => void;
  #events: StreamEvents | null = null;
  /** What was on its way before reading was stopped. */
  #early: Buffer[] = [];

  constructor(stream: ByteStream, { timer, gone }: { readonly timer: Scheduled; readonly gone: () => void }) {
    this.#stream = stream;
    this.#timer = timer;
    this.#gone = gone;
    stream.pauseReading();
  }

  goOn(events: StreamEvents): void {
    this.#events = events;
    const early = this.#early;
    this.#early = [];
    for (const chunk of early) events.data(chunk);
    this.#stream.resumeReading();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  data(chunk: Buffer): void {
    if (this.#events === null) this.#early.push(Buffer.from(chunk));
    else this.#events.data(chunk);
  }

  closed(): void {
    if (this.#events !== null) return this.#events.closed();
    this.#timer.cancel();
    this.#early = [];
    this.#gone();
  }
}
