import type { Writable } from 'node:stream';
import { isReaderGone } from './reader-gone.ts';

/**
 * Collects small pieces of output and writes them in large ones, with back-pressure.
 *
 * Invariants:
 * - At most one write is under way; the bytes of a write are not touched until its callback.
 * - Nothing waits longer than one turn of the event loop: live records appear as they come, and while records are
 *   already there (their promises resolve within one turn) they share a write.
 * - Once the reader has gone away (`| head`), `closed` is true, output is dropped, and nothing fails.
 */
export class ByteOutput {
  readonly #stream: Writable;
  #buffer: Buffer = Buffer.allocUnsafe(initialBytes);
  #length = 0;
  #writing: Promise<void> | null = null;
  #scheduled = false;
  #failure: Error | null = null;
  #closed = false;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
  }

  /** The reader went away: there is no point in going on. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Enough is collected that the caller should `await flush()` before it adds more. */
  get isFull(): boolean {
    return this.#length >= flushBytes;
  }

  /** Copies the bytes. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(text: string): void {
    this.#reserve(text.length * 3); // UTF-8 needs at most three bytes for each UTF-16 unit.
    this.#length += this.#buffer.write(text, this.#length);
  }

  /** Writes what is collected once the event loop comes round, unless somebody does it sooner. */
  flushSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      // A failure is kept, and thrown by the next flush that somebody waits for.
      this.flush().catch((error: unknown) => {
        this.#failure = error as Error;
      });
    });
  }

  /** Resolves when everything collected so far has been taken over by the system; or, with `closed`, will never be. */
  async flush(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    this.#throwFailure();
    if (this.#length === 0 || this.#closed) {
      this.#length = 0;
      return;
    }
    const chunk = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.allocUnsafe(initialBytes);
    this.#length = 0;
    const written = new Promise<void>((resolve) => {
      this.#stream.write(chunk, (error) => {
        // It also reaches the listener of the constructor, but only after whoever waits here has gone on.
        if (error) this.#failed(error);
        resolve();
      });
    });
    // Not in the callback: some streams call it before `write` returns.
    this.#writing = written.then(() => {
      this.#writing = null;
    });
    await this.#writing;
    this.#throwFailure();
  }

  #failed(error: NodeJS.ErrnoException): void {
    this.#closed = true;
    if (!isReaderGone(error, this.#stream)) this.#failure = error;
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

const flushBytes = 128 * 1024;
/** A little more than is collected before a flush, so that a record of usual size does not make the buffer grow. */
const initialBytes = 160 * 1024;
