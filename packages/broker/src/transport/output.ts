/**
 * The answers of one connection on their way to the socket.
 *
 * Invariants:
 *  1. `pendingBytes` is what was pushed and not yet taken by the operating system, `reservedBytes` what requests may
 *     still make of it. The broker-wide total holds the sums over all connections, and gets everything back when this
 *     one closes.
 *  2. A reservation is granted when both sums stay within their limits, or when the sum here is zero: a single answer
 *     larger than the limit still goes through. They are granted in the order in which they were asked for. When the
 *     total is used up and the sum here is zero, less is granted, out of a reserve: whoever takes what it gets is
 *     served.
 *  3. At most one write is under way. What is pushed meanwhile leaves together in the next one, so a busy connection
 *     writes in large gathered pieces without a timer.
 *  4. Answers pushed within one turn of the event loop leave in one write.
 *  5. Whoever lent the buffers of an answer is told when the operating system has taken them all, and never before.
 *     When the stream breaks nobody is told: what was under way then may still be read.
 *  6. `stalledSince` is set while a write is under way that the peer has not taken, and moves with every completed one.
 */
import type { Clock } from '../clock.ts';
import type { ByteStream } from './network.ts';
import type { OutputTotal } from './output-total.ts';

export interface OutputLimits {
  readonly outputBytesMax: number;
  readonly writeBytesMax: number;
}

/** An answer whose buffers are lent, and where it ends among all bytes pushed. */
interface Lent {
  readonly end: number;
  readonly taken: () => void;
}

interface Waiting {
  readonly bytes: number;
  readonly leastBytes: number;
  readonly grant: (bytes: number) => void;
}

export class Output {
  pendingBytes = 0;
  reservedBytes = 0;
  /** Monotonic ms of the last progress of the write under way, or null when none is. */
  stalledSince: number | null = null;
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #limits: OutputLimits;
  readonly #total: OutputTotal;
  readonly #taken: () => void;
  #queue: Buffer[] = [];
  #waiting: Waiting[] = [];
  #lent: Lent[] = [];
  /** Bytes of all answers so far, and of those that were taken. */
  #pushedBytes = 0;
  #takenBytes = 0;
  #flushIsDue = false;
  #ending = false;
  /** The stream was told that nothing follows, or is gone. */
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

  /**
   * Sets room aside for an answer in the making: `bytes`, or `leastBytes` when the broker is short of it. Gives what
   * was granted, at once where there is room. `release` must follow, for as many bytes.
   */
  reserve(bytes: number, leastBytes: number): number | Promise<number> {
    const granted = this.#waiting.length === 0 ? this.#tryReserve(bytes, leastBytes) : 0;
    if (granted > 0) return granted;
    return new Promise((resolve) => {
      this.#waiting.push({ bytes, leastBytes, grant: resolve });
      this.#grant();
    });
  }

  release(bytes: number): void {
    if (this.#closed) return;
    this.reservedBytes -= bytes;
    this.#total.adjust(-bytes);
    this.#grant();
  }

  /** Takes an answer; its buffers must not change until `taken` is called, and without one never again. */
  push(buffers: readonly Buffer[], taken: (() => void) | null = null): void {
    if (this.#closed) return;
    let bytes = 0;
    for (const buffer of buffers) {
      this.#queue.push(buffer);
      bytes += buffer.length;
    }
    this.pendingBytes += bytes;
    this.#pushedBytes += bytes;
    if (taken !== null) this.#lent.push({ end: this.#pushedBytes, taken });
    this.#total.adjust(bytes);
    this.#scheduleFlush();
  }

  /** Sends what is pending and then ends the stream. */
  end(): void {
    if (this.#closed || this.#ending) return;
    this.#ending = true;
    if (this.stalledSince === null) this.#flush();
  }

  /** Answers that come after this have nowhere to go. */
  #end(): void {
    this.closed();
    this.#stream.end();
  }

  /** The stream is gone; nothing will be sent any more, and who waits for room need not. */
  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#lent = [];
    this.stalledSince = null;
    const bytes = this.pendingBytes + this.reservedBytes;
    this.pendingBytes = 0;
    this.reservedBytes = 0;
    this.#total.adjust(-bytes);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { bytes: wanted, grant } of waiting) grant(wanted);
  }

  /** The bytes that were granted; 0: there is no room. */
  #tryReserve(bytes: number, leastBytes: number): number {
    if (this.#closed) return bytes;
    const load = this.pendingBytes + this.reservedBytes;
    const fits = load === 0 || load + bytes <= this.#limits.outputBytesMax;
    let granted = 0;
    if (fits && this.#total.hasRoomFor(bytes)) granted = bytes;
    else if (load === 0 && this.#total.hasSpareRoomFor(leastBytes)) granted = leastBytes;
    this.reservedBytes += granted;
    this.#total.adjust(granted);
    return granted;
  }

  #grant(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const granted = this.#tryReserve(first.bytes, first.leastBytes);
      if (granted === 0) {
        // Room here comes with the next write that is taken; room in the total may come from any connection.
        if (!this.#total.hasRoomFor(first.bytes)) this.#total.whenRoom(this.#grantLater);
        return;
      }
      this.#waiting.shift();
      first.grant(granted);
    }
  }

  readonly #grantLater = (): void => this.#grant();

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
      if (this.#ending) this.#end();
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
    this.pendingBytes -= bytes;
    this.#takenBytes += bytes;
    for (let first = this.#lent[0]; first !== undefined && first.end <= this.#takenBytes; first = this.#lent[0]) {
      this.#lent.shift();
      first.taken();
    }
    this.#total.adjust(-bytes);
    this.#grant();
    this.#flush();
    this.#taken();
  }
}
