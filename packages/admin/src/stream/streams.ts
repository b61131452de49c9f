/**
 * Answers without an end: what is sent when there is something, as long as somebody takes it.
 *
 * Invariants:
 *  1. A stream is made of what its reader takes: nothing is made ahead, and nothing is kept for a reader that is slow.
 *  2. It ends with its source, with its reader or the right of it, with the broker, or with its time. A reader that
 *     takes nothing for `stallMs` is cut. Whichever comes first, its source is told once, and its place is free again.
 *  3. At most `streamsMax` are open, and of each user and address as many as its share.
 */
import type { Clock, Scheduled } from '@q/broker';
import { limits } from '../limits.ts';
import { StreamShares } from './stream-shares.ts';
import type { StreamReader } from './stream-shares.ts';

/** One stream, as whoever makes it sees it. */
export interface StreamOptions {
  readonly type: string;
  /** Of whose share it is. */
  readonly who: StreamReader;
  /** What is sent when there has been nothing for `heartbeatMs`; null: nothing. */
  readonly heartbeat: string | null;
  /** Whether the reader may have more of it. One that may not is told nothing more. */
  readonly holds: () => boolean;
  /** Calls `listener` when `holds` may have become false. Returns how to stop that. */
  readonly onChange: (listener: () => void) => () => void;
  /** Breaks the connection of a reader that takes nothing. */
  readonly cut: () => void;
  /** What is sent. Its `signal` is aborted when nobody wants more of it. */
  readonly source: (signal: AbortSignal) => AsyncIterable<string>;
  /** Called once, when it is over: lets go of what the source waits for. */
  readonly ended?: () => void;
}

export class Streams {
  readonly #clock: Clock;
  readonly #closing: AbortSignal;
  readonly #encoder = new TextEncoder();
  readonly #shares = new StreamShares();

  constructor(clock: Clock, closing: AbortSignal) {
    this.#clock = clock;
    this.#closing = closing;
  }

  get open(): number {
    return this.#shares.open;
  }

  /** @throws Problem TOO_MANY_STREAMS */
  respond({ type, who, ended, ...options }: StreamOptions): Response {
    const giveBack = this.#shares.take(who);
    const { body } = new OpenStream({
      clock: this.#clock,
      closing: this.#closing,
      ...options,
      encode: (text) => this.#encoder.encode(text),
      ended: () => {
        giveBack();
        ended?.();
      },
    });
    return new Response(body, { headers: { 'content-type': type, 'x-accel-buffering': 'no' } });
  }
}

interface OpenStreamOptions extends Omit<StreamOptions, 'type' | 'who' | 'ended'> {
  readonly clock: Clock;
  readonly closing: AbortSignal;
  readonly encode: (text: string) => Uint8Array<ArrayBuffer>;
  readonly ended: () => void;
}

type Next = IteratorResult<string, unknown> | 'heartbeat' | 'over';

class OpenStream {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #options: OpenStreamOptions;
  readonly #stop = new AbortController();
  readonly #lifetime: Scheduled;
  readonly #stopWatching: () => void;
  #iterator: AsyncIterator<string> | null = null;
  #pending: Promise<IteratorResult<string, unknown>> | null = null;
  #stall: Scheduled;
  #isEnded = false;

  constructor(options: OpenStreamOptions) {
    this.#options = options;
    const { clock, closing } = options;
    // Made piece by piece, as its reader asks: with no room ahead.
    this.body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.#end() },
      { highWaterMark: 0 },
    );
    this.#lifetime = clock.schedule(limits.streamMsMax, () => this.#stop.abort());
    this.#stopWatching = options.onChange(() => {
      if (!options.holds()) this.#stop.abort();
    });
    this.#stall = this.#watch();
    if (closing.aborted) this.#stop.abort();
    closing.addEventListener('abort', this.#closed, { once: true });
  }

  readonly #closed = (): void => this.#stop.abort();

  async #pull(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> {
    this.#stall.cancel();
    try {
      const next = await this.#next();
      if (this.#isEnded) return;
      if (next === 'over' || (next !== 'heartbeat' && next.done === true) || !this.#options.holds()) {
        this.#end();
        controller.close();
        return;
      }
      const text = next === 'heartbeat' ? this.#options.heartbeat! : next.value;
      this.#stall = this.#watch();
      controller.enqueue(this.#options.encode(text));
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** What comes first: the next piece, the time for a heartbeat, or the end. */
  async #next(): Promise<Next> {
    const { clock, heartbeat, source } = this.#options;
    if (this.#stop.signal.aborted) return 'over';
    this.#iterator ??= source(this.#stop.signal)[Symbol.asyncIterator]();
    this.#pending ??= this.#iterator.next();
    const { promise: other, resolve } = Promise.withResolvers<'heartbeat' | 'over'>();
    const over = (): void => resolve('over');
    this.#stop.signal.addEventListener('abort', over, { once: true });
    const timer = heartbeat === null ? null : clock.schedule(limits.heartbeatMs, () => resolve('heartbeat'));
    try {
      const next = await Promise.race([this.#pending, other]);
      if (next !== 'heartbeat') this.#pending = null;
      return next;
    } finally {
      timer?.cancel();
      this.#stop.signal.removeEventListener('abort', over);
    }
  }

  #watch(): Scheduled {
    return this.#options.clock.schedule(limits.stallMs, () => {
      this.#end();
      this.#options.cut();
    });
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stop.abort();
    this.#stall.cancel();
    this.#lifetime.cancel();
    this.#stopWatching();
    this.#options.closing.removeEventListener('abort', this.#closed);
    // A source that fails while it is being ended has nobody to tell.
    this.#pending?.catch(() => undefined);
    void this.#iterator?.return?.().catch(() => undefined);
    this.#options.ended();
  }
}
