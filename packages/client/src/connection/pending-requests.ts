import type { QError } from '@q/protocol';

import { LinkedList } from '../linked-list.ts';
import type { ListNode } from '../linked-list.ts';

/** A request that waits for its answer, or still for being sent. */
export interface PendingRequest {
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  /** Reads the answer's payload and settles the caller. Throws if the payload is not an answer to this request. */
  readonly answer: (frame: Buffer) => void;
  readonly fail: (error: QError) => void;
}

/** An id that is not free. */
interface Taken extends ListNode<Taken> {
  readonly id: number;
  /** Null: abandoned. */
  request: PendingRequest | null;
  /** Takes away the listener of the caller's signal. */
  forget: (() => void) | null;
}

const leastSlots = 64;

/**
 * The requests of one connection that wait for an answer, by correlation id.
 *
 * An id that is not free has the slot that its lowest bits say. A Map does not forget what has left it
 * (linked-list.ts), and here everything that is sent and awaited passes through.
 *
 * Invariants
 * - An id is free, waiting, or abandoned. It leaves only by its answer or with the connection, so an id is never given
 *   to a second request while an answer to the first may still come.
 * - An abandoned request's caller has been told already; its answer is dropped.
 * - At most half of the slots are taken, so that a free one is near.
 * - `#waiting` has those that wait, in the order in which they came.
 */
export class PendingRequests {
  #slots: (Taken | null)[] = emptySlots(leastSlots);
  readonly #waiting = new LinkedList<Taken>();
  #abandoned = 0;
  #nextId = 1;

  /** Waiting and abandoned alike: what the broker counts as being in flight. */
  get inFlight(): number {
    return this.#waiting.length + this.#abandoned;
  }

  get abandoned(): number {
    return this.#abandoned;
  }

  add(request: PendingRequest): number {
    if (this.inFlight * 2 >= this.#slots.length) this.#makeRoom();
    const id = this.#freeId();
    const taken: Taken = { id, request, forget: null, list: null, before: null, after: null };
    this.#slots[this.#slotOf(id)] = taken;
    this.#waiting.add(taken);
    return id;
  }

  isWaiting(id: number): boolean {
    return this.#waitingWith(id) !== null;
  }

  /** `forget` is called when the request is settled; at once if it is already. */
  setForget(id: number, forget: () => void): void {
    const taken = this.#waitingWith(id);
    if (taken === null) forget();
    else taken.forget = forget;
  }

  /** What the answer with this id belongs to; `'abandoned'` if nobody wants it, null if there is no such request. */
  take(id: number): PendingRequest | 'abandoned' | null {
    const taken = this.#find(id);
    if (taken === null) return null;
    const request = this.#settle(taken);
    this.#free(taken);
    return request ?? 'abandoned';
  }

  /** The caller gives up; the answer may still come. */
  abandon(id: number): PendingRequest | null {
    const taken = this.#waitingWith(id);
    if (taken === null) return null;
    this.#abandoned += 1;
    return this.#settle(taken);
  }

  /** Takes back a request that was never sent: no answer will come. */
  withdraw(id: number): PendingRequest | null {
    const request = this.take(id);
    return request === 'abandoned' ? null : request;
  }

  expired(nowMs: number): number[] {
    const ids: number[] = [];
    for (let taken = this.#waiting.first; taken !== null; taken = taken.after)
      if ((taken.request as PendingRequest).deadlineMs <= nowMs) ids.push(taken.id);
    return ids;
  }

  /** The earliest deadline, or null when nothing waits. */
  nextDeadlineMs(): number | null {
    let earliest: number | null = null;
    for (let taken = this.#waiting.first; taken !== null; taken = taken.after) {
      const { deadlineMs } = taken.request as PendingRequest;
      if (earliest === null || deadlineMs < earliest) earliest = deadlineMs;
    }
    return earliest;
  }

  /** In the order in which they came, with those that come meanwhile: nothing will answer them either. */
  failAll(error: QError): void {
    for (let taken = this.#waiting.first; taken !== null; taken = this.#waiting.first) {
      const request = this.#settle(taken);
      this.#free(taken);
      request?.fail(error);
    }
    this.#slots = emptySlots(leastSlots);
    this.#abandoned = 0;
  }

  #find(id: number): Taken | null {
    const taken = this.#slots[this.#slotOf(id)];
    return taken?.id === id ? taken : null;
  }

  #waitingWith(id: number): Taken | null {
    const taken = this.#find(id);
    return taken === null || taken.request === null ? null : taken;
  }

  /** Whoever waited does not any more. The id is still taken. */
  #settle(taken: Taken): PendingRequest | null {
    const { request, forget } = taken;
    taken.request = null;
    taken.forget = null;
    if (request === null) this.#abandoned -= 1;
    else this.#waiting.remove(taken);
    forget?.();
    return request;
  }

  #free(taken: Taken): void {
    this.#slots[this.#slotOf(taken.id)] = null;
  }

  #slotOf(id: number): number {
    return id & (this.#slots.length - 1);
  }

  #freeId(): number {
    for (;;) {
      const id = this.#nextId;
      this.#nextId = id === 0xffff_ffff ? 1 : id + 1;
      if (this.#slots[this.#slotOf(id)] === null) return id;
    }
  }

  #makeRoom(): void {
    const before = this.#slots;
    this.#slots = emptySlots(before.length * 2);
    for (const taken of before) if (taken !== null) this.#slots[this.#slotOf(taken.id)] = taken;
  }
}

/** A power of two of them. */
function emptySlots(count: number): (Taken | null)[] {
  return Array.from({ length: count }, () => null);
}
