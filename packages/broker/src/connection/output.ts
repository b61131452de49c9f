/**
 * The answers of one connection on their way to the socket.
 *
 * Invariants:
 *  1. `pendingBytes` is what was pushed and not yet taken by the operating system; the broker-wide counter holds the
 *     sum over all connections, and gets everything back when this one closes.
 *  2. At most one write is under way. What is pushed meanwhile leaves together in the next one, so a busy connection
 *     writes in large gathered pieces without a timer.
 *  3. Answers pushed within one turn of the event loop leave in one write.
 *  4. `stalledSince` is set while a write is under way that the peer has not taken, and moves with every completed one.
 */
import type { Clock } from '../clock.ts';
import type { ByteStream } from '../network/network.ts';

export interface OutputLimits {
  readonly outputBytesMax: number;
  readonly brokerOutputBytesMax: number;
  readonly writeBytesMax: number;
}

/** Unsent bytes of all connections of a broker. A connection that waits for room here is told when there is some. */
export class OutputTotal {
  pendingBytes = 0;
  readonly #bytesMax: number;
  readonly #waiters = new Set<() => void>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isFull(): boolean {
    return this.pendingBytes >= this.#bytesMax;
  }

  adjust(bytes: number): void {
    this.pendingBytes += bytes;
    if (bytes >= 0 || this.isFull || this.#waiters.size === 0) return;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const roomAgain of waiters) roomAgain();
  }

  whenRoom(roomAgain: () => void): void {
    this.#waiters.add(roomAgain);
  }
}

export class Output {
  pendingBytes = 0;
  /** Monotonic ms of the last progress of the write under way, or null when none is. */
  stalledSince: number | null = null;
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #limits: OutputLimits;
  readonly #total: OutputTotal;
  readonly #taken: () => void;
  #queue: Buffer[] = [];
  #flushIsDue = false;
  #ending = false;
  #closed = false;

  /** `taken` is called after each write that the operating system took, when room may have become free. */
  constructor(options: {
    stream: ByteStream;
    clock: Clock;
    limits: OutputLimits;
    total: OutputTotal;
    taken: () => void;
  }) {
    this.#stream = options.stream;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#total = options.total;
    this.#taken = options.taken;
  }

  /** Whether the peer is so far behind that it gets no new work done. */
  get isFull(): boolean {
    return this.pendingBytes >= this.#limits.outputBytesMax;
  }

  /** Takes an answer; its buffers must not change any more. */
  push(buffers: readonly Buffer[]): void {
    if (this.#closed) return;
    let bytes = 0;
    for (const buffer of buffers) {
      this.#queue.push(buffer);
      bytes += buffer.length;
    }
    this.#adjust(bytes);
    this.#scheduleFlush();
  }

  /** Sends what is pending and then ends the stream. */
  end(): void {
    if (this.#closed || this.#ending) return;
    this.#ending = true;
    if (this.stalledSince === null) this.#flush();
  }

  /** The stream is gone; nothing will be sent any more. */
  closed(): void {
    this.#closed = true;
    this.#queue = [];
    this.stalledSince = null;
    this.#adjust(-this.pendingBytes);
  }

  #scheduleFlush(): void {
    if (this.#flushIsDue || this.stalledSince !== null) return;
    this.#flushIsDue = true;
    this.#clock.defer(() => {
      this.#flushIsDue = false;
      if (this.stalledSince === null) this.#flush();
    });
  }

  #flush(): void {
    if (this.#closed) return;
    if (this.#queue.length === 0) {
      if (this.#ending) this.#stream.end();
      return;
    }
    const { buffers, bytes } = this.#nextWrite();
    this.stalledSince = this.#clock.monotonic();
    this.#stream.write(buffers, () => this.#written(bytes));
  }

  #nextWrite(): { buffers: Buffer[]; bytes: number } {
    const queue = this.#queue;
    let bytes = 0;
    let count = 0;
    while (count < queue.length && (count === 0 || bytes + queue[count]!.length <= this.#limits.writeBytesMax)) {
      bytes += queue[count]!.length;
      count += 1;
    }
    this.#queue = queue.splice(count);
    return { buffers: queue, bytes };
  }

  #written(bytes: number): void {
    if (this.#closed) return;
    this.stalledSince = null;
    this.#adjust(-bytes);
    this.#flush();
    this.#taken();
  }

  #adjust(bytes: number): void {
    this.pendingBytes += bytes;
    this.#total.adjust(bytes);
  }
}
