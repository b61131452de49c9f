import type { QError } from '@q/protocol';

/** A request that waits for its answer, or still for being sent. */
export interface PendingRequest {
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  /** Reads the answer's payload and settles the caller. Throws if the payload is not an answer to this request. */
  readonly answer: (frame: Buffer) => void;
  readonly fail: (error: QError) => void;
}

/**
 * The requests of one connection that wait for an answer, by correlation id.
 *
 * Invariants
 * - An id is free, waiting, or abandoned. It leaves only by its answer or with the connection, so an id is never given to
 *   a second request while an answer to the first may still come.
 * - An abandoned request's caller has been told already; its answer is dropped.
 */
export class PendingRequests {
  readonly #waiting = new Map<number, PendingRequest>();
  /** Takes away the listener of the caller's signal. */
  readonly #forgets = new Map<number, () => void>();
  readonly #abandoned = new Set<number>();
  #nextId = 1;

  /** Waiting and abandoned alike: what the broker counts as being in flight. */
  get inFlight(): number {
    return this.#waiting.size + this.#abandoned.size;
  }

  get abandoned(): number {
    return this.#abandoned.size;
  }

  add(request: PendingRequest): number {
    const id = this.#freeId();
    this.#waiting.set(id, request);
    return id;
  }

  isWaiting(id: number): boolean {
    return this.#waiting.has(id);
  }

  /** `forget` is called when the request is settled; at once if it is already. */
  setForget(id: number, forget: () => void): void {
    if (this.#waiting.has(id)) this.#forgets.set(id, forget);
    else forget();
  }

  /** What the answer with this id belongs to; `'abandoned'` if nobody wants it, null if there is no such request. */
  take(id: number): PendingRequest | 'abandoned' | null {
    return this.#settle(id) ?? (this.#abandoned.delete(id) ? 'abandoned' : null);
  }

  /** The caller gives up; the answer may still come. */
  abandon(id: number): PendingRequest | null {
    const request = this.#settle(id);
    if (request !== null) this.#abandoned.add(id);
    return request;
  }

  /** Takes back a request that was never sent: no answer will come. */
  withdraw(id: number): PendingRequest | null {
    this.#abandoned.delete(id);
    return this.#settle(id);
  }

  expired(nowMs: number): number[] {
    const ids: number[] = [];
    for (const [id, request] of this.#waiting) if (request.deadlineMs <= nowMs) ids.push(id);
    return ids;
  }

  /** The earliest deadline, or null when nothing waits. */
  nextDeadlineMs(): number | null {
    let earliest: number | null = null;
    for (const request of this.#waiting.values()) if (earliest === null || request.deadlineMs < earliest) earliest = request.deadlineMs;
    return earliest;
  }

  failAll(error: QError): void {
    this.#abandoned.clear();
    for (const id of this.#waiting.keys()) this.#settle(id)?.fail(error);
  }

  #settle(id: number): PendingRequest | null {
    const request = this.#waiting.get(id);
    if (request === undefined) return null;
    this.#waiting.delete(id);
    this.#forgets.get(id)?.();
    this.#forgets.delete(id);
    return request;
  }

  #freeId(): number {
    for (;;) {
      const id = this.#nextId;
      this.#nextId = id === 0xffff_ffff ? 1 : id + 1;
      if (!this.#waiting.has(id) && !this.#abandoned.has(id)) return id;
    }
  }
}
