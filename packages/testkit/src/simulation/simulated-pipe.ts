import type { Conditions } from './weather.ts';

interface Piece {
  /** A view of what was sent; copied on arrival, so that memory which its sender changes too early arrives changed. */
  readonly bytes: Buffer;
  readonly taken: () => void;
}

/**
 * One direction of a stream. Pieces arrive in the order in which they were sent, each after a delay of its own.
 *
 * Invariant: while it is paused nothing is handed out; what arrives meanwhile waits in `#arrived`.
 */
export class SimulatedPipe {
  readonly #network: Conditions;
  readonly #receive: (chunk: Buffer) => void;
  #arrived: Piece[] = [];
  #notBeforeMs = 0;
  #isPaused = false;
  unsentBytes = 0;

  constructor(network: Conditions, receive: (chunk: Buffer) => void) {
    this.#network = network;
    this.#receive = receive;
  }

  /** `taken` is called when the last byte has been handed out. */
  send(buffers: readonly Buffer[], taken: () => void): void {
    const pieces = this.#pieces(buffers, taken);
    const { clock } = this.#network;
    for (const piece of pieces) {
      this.unsentBytes += piece.bytes.length;
      this.#notBeforeMs = Math.max(this.#notBeforeMs, clock.monotonic() + this.#network.delayMs());
      clock.schedule(this.#notBeforeMs - clock.monotonic(), () => this.#arrive(piece));
    }
  }

  /** How long the last piece that is under way takes yet. */
  get arrivesInMs(): number {
    return this.#notBeforeMs - this.#network.clock.monotonic();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // Not from within the call that resumes: data never comes before it returns.
    if (this.#arrived.length > 0) this.#network.clock.schedule(0, () => this.#handOut());
  }

  #arrive(piece: Piece): void {
    this.#arrived.push(piece);
    this.#handOut();
  }

  #handOut(): void {
    while (!this.#isPaused) {
      const piece = this.#arrived.shift();
      if (piece === undefined) return;
      this.unsentBytes -= piece.bytes.length;
      if (piece.bytes.length > 0) this.#receive(Buffer.from(piece.bytes));
      piece.taken();
    }
  }

  #pieces(buffers: readonly Buffer[], taken: () => void): Piece[] {
    const { random, weather } = this.#network;
    const views = buffers.flatMap((buffer) =>
      random.chance(weather.split) ? split(buffer, random.below(buffer.length + 1)) : [buffer],
    );
    if (views.length === 0) return [{ bytes: Buffer.alloc(0), taken }];
    return views.map((bytes, index) => ({ bytes, taken: index === views.length - 1 ? taken : () => undefined }));
  }
}

function split(buffer: Buffer, at: number): Buffer[] {
  return [buffer.subarray(0, at), buffer.subarray(at)].filter(({ length }) => length > 0);
}
