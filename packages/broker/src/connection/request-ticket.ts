/**
 * One request of a connection between its dispatch and its answer: what it takes from the byte budgets.
 *
 * Invariants:
 *  1. What it takes it gives back exactly once: the room for its answer when that is on its way, its frame when the
 *     last holder lets go, which may be later.
 *  2. After `answered` it reserves nothing.
 */
import type { Output } from './output.ts';
import type { RequestBudget } from './peer.ts';

export class RequestTicket implements RequestBudget {
  readonly #output: Output;
  readonly #frameBytes: number;
  readonly #settling: (bytes: number) => void;
  #reservedBytes = 0;
  /** To be called when the answer has left, by whoever sends it. */
  taken: (() => void) | null = null;

  /** `settling` is told by how much the bytes of frames in use change. */
  constructor(options: { output: Output; frameBytes: number; settling: (bytes: number) => void }) {
    this.#output = options.output;
    this.#frameBytes = options.frameBytes;
    this.#settling = options.settling;
  }

  holdFrame(): () => void {
    let isHeld = true;
    this.#settling(this.#frameBytes);
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#settling(-this.#frameBytes);
    };
  }

  reserveAnswer(bytes: number): Promise<void> | null {
    this.keepAnswer(0);
    const granted = this.#output.reserve(bytes);
    if (granted === null) this.#reservedBytes = bytes;
    return granted === null ? null : granted.then(() => void (this.#reservedBytes = bytes));
  }

  keepAnswer(bytes: number): void {
    const surplus = this.#reservedBytes - bytes;
    if (surplus <= 0) return;
    this.#reservedBytes = bytes;
    this.#output.release(surplus);
  }

  whenTaken(release: () => void): void {
    this.taken = release;
  }

  /** The answer was pushed; its real bytes count now. */
  answered(): void {
    this.keepAnswer(0);
  }
}
