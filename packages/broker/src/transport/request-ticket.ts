/**
 * One request of a connection between its arrival and its answer: what it takes from the byte budgets.
 *
 * Invariants:
 *  1. What it takes it gives back exactly once: the room for its answer when that is on its way, its frame when the
 *     last holder lets go, which may be later.
 *  2. After `answered` it reserves nothing.
 */
import type { Output } from './output.ts';
import type { RequestBudget } from '../caller.ts';

/** What a connection is told of its requests. */
export interface RequestUses {
  /** By how much the bytes of frames in use change. */
  settling(bytes: number): void;
  /** One more, or one fewer, request holds back those behind it. */
  ordering(change: 1 | -1): void;
  /** A request is set apart while it waits; false: it may not be. */
  park(count: number): boolean;
  unpark(count: number): void;
}

export class RequestTicket implements RequestBudget {
  readonly #output: Output;
  readonly #frameBytes: number;
  readonly #uses: RequestUses;
  #reservedBytes = 0;
  /** To be called when the answer has left, by whoever sends it. */
  taken: (() => void) | null = null;

  constructor(options: { output: Output; frameBytes: number; uses: RequestUses }) {
    this.#output = options.output;
    this.#frameBytes = options.frameBytes;
    this.#uses = options.uses;
  }

  holdFrame(): () => void {
    this.#uses.settling(this.#frameBytes);
    return once(() => this.#uses.settling(-this.#frameBytes));
  }

  holdOrder(): () => void {
    this.#uses.ordering(1);
    return once(() => this.#uses.ordering(-1));
  }

  park(count: number): (() => void) | null {
    if (!this.#uses.park(count)) return null;
    return once(() => this.#uses.unpark(count));
  }

  reserveAnswer(bytes: number, leastBytes: number): number | Promise<number> {
    this.keepAnswer(0);
    const granted = this.#output.reserve(bytes, leastBytes);
    return typeof granted === 'number' ? this.#note(granted) : granted.then((later) => this.#note(later));
  }

  #note(granted: number): number {
    this.#reservedBytes = granted;
    return granted;
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

function once(run: () => void): () => void {
  let hasRun = false;
  return () => {
    if (hasRun) return;
    hasRun = true;
    run();
  };
}
