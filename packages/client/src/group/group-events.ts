import type { QError } from '@q/protocol';

/** Partitions that came or went. */
export interface PartitionsEvent {
  /** By their numbers. */
  readonly partitions: readonly number[];
}

/** Records wait, and the application has neither taken nor acknowledged one for `stallTimeoutMs`. */
export interface StalledEvent {
  /** `event-loop`: nothing in this process could run for so long; noticed when it could again. */
  readonly reason: 'no-progress' | 'event-loop';
  /** For how long there has been no progress, milliseconds. */
  readonly sinceMs: number;
  /** Messages handed out and not acknowledged. */
  readonly unacked: number;
  /** The oldest of them, by partition and offset; null when none is. */
  readonly oldest: { readonly partition: number; readonly offset: number } | null;
}

/** A stall is over. */
export interface ResumedEvent {
  /** How long the stall was, milliseconds. */
  readonly afterMs: number;
}

/** What a member of a group tells, by the name of the event. */
export interface GroupEvents {
  /** Partitions are owned, and where they begin is known. */
  assigned: PartitionsEvent;
  /**
   * Partitions were given up in good order: what was acknowledged is committed. Others get them after the listeners
   * have run.
   */
  revoked: PartitionsEvent;
  /**
   * Partitions are gone without notice: the session expired, or the group forgot this member. Their last
   * acknowledgements may not be committed.
   */
  lost: PartitionsEvent;
  stalled: StalledEvent;
  resumed: ResumedEvent;
  /** Trouble in the background that does not end the consumer, such as a commit that was refused. */
  error: QError;
}

type Listener<E extends keyof GroupEvents> = (event: GroupEvents[E]) => void;

/** Tells listeners, in the order in which they came. One that throws breaks neither the others nor the consumer. */
export class GroupEmitter {
  readonly #listeners = new Map<keyof GroupEvents, Set<Listener<never>>>();
  #lastError: QError | null = null;

  /** Of the `error` events, also when nobody listened. */
  get lastError(): QError | null {
    return this.#lastError;
  }

  error(error: QError): void {
    this.#lastError = error;
    this.emit('error', error);
  }

  /** The returned function takes the listener away. */
  on<E extends keyof GroupEvents>(event: E, listener: Listener<E>): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  emit<E extends keyof GroupEvents>(event: E, value: GroupEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        (listener as Listener<E>)(value);
      } catch (thrown) {
        // The application's own error is not ours to keep: it surfaces as any uncaught one.
        queueMicrotask(() => {
          throw thrown;
        });
      }
    }
  }
}
