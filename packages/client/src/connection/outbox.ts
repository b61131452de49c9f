import { clientLimits } from '../limits.ts';
import type { Wire } from '../network/network.ts';

/**
 * Gathers what a connection has to say in one turn into one write: a write to a socket costs more than most requests.
 *
 * Invariants
 * - Buffers leave in the order in which they came.
 * - While the wire is full nothing more is handed to it; `onRoom` is called when that ends.
 */
export class Outbox {
  readonly #wire: Wire;
  readonly #onRoom: () => void;
  #buffers: Buffer[] = [];
  #bytes = 0;
  #scheduled = false;
  #full = false;
  #closed = false;

  constructor(wire: Wire, onRoom: () => void) {
    this.#wire = wire;
    this.#onRoom = onRoom;
  }

  /** Whether there is too much unsent already to add more. */
  get isFull(): boolean {
    return this.#full && this.#bytes > clientLimits.unsentBytesMax;
  }

  push(buffers: readonly Buffer[]): void {
    for (const buffer of buffers) {
      this.#buffers.push(buffer);
      this.#bytes += buffer.length;
    }
    if (this.#scheduled || this.#full) return;
    this.#scheduled = true;
    // A microtask runs after everything that is ready now, and costs no trip through the event loop.
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  drained(): void {
    this.#full = false;
    this.#flush();
    if (!this.isFull) this.#onRoom();
  }

  close(): void {
    this.#closed = true;
    this.#buffers = [];
    this.#bytes = 0;
  }

  #flush(): void {
    if (this.#closed || this.#buffers.length === 0) return;
    const buffers = this.#buffers;
    this.#buffers = [];
    this.#bytes = 0;
    this.#full = !this.#wire.write(buffers);
  }
}
