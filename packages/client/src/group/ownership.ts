import { QError } from '@q/protocol';

import type { Clock } from '../clock.ts';
import { OwnedPartition } from './owned-partition.ts';

interface Waiter {
  readonly isOver: () => boolean;
  readonly resolve: () => void;
}

/**
 * The partitions that this member owns, and how much of them is being worked on.
 *
 * Invariants
 * - What is in here is what heartbeats say is owned: a partition is taken out only when nothing of it is handed out any
 *   more, or when it is lost.
 * - `unacked` is the sum of the partitions' `unacked`.
 */
export class Ownership {
  readonly #topic: string;
  readonly #clock: Clock;
  /** Fewer messages are handed out than before. */
  readonly #onFewer: () => void;
  readonly #owned = new Map<number, OwnedPartition>();
  #waiters: Waiter[] = [];
  /** Messages handed out and neither acknowledged nor forgotten. */
  unacked = 0;
  /** Messages acknowledged so far. */
  acked = 0;
  /** Rises whenever a message is taken or acknowledged. */
  progress = 0;

  constructor(o: { topic: string; clock: Clock; onFewer: () => void }) {
    this.#topic = o.topic;
    this.#clock = o.clock;
    this.#onFewer = o.onFewer;
  }

  all(): OwnedPartition[] {
    return [...this.#owned.values()];
  }

  find(partition: number): OwnedPartition | undefined {
    return this.#owned.get(partition);
  }

  /** The partition, with its position. @throws QError `PARTITION_NOT_OWNED`. */
  active(partition: number): OwnedPartition {
    const owned = this.#owned.get(partition);
    if (owned?.state === 'active') return owned;
    const active = this.all().filter(({ state }) => state === 'active');
    const list = active.length === 0 ? 'none at the moment' : active.map((other) => other.partition).join(', ');
    throw new QError(
      'PARTITION_NOT_OWNED',
      `The consumer does not own partition ${String(partition)} of topic "${this.#topic}"; it owns ${list}`,
      {
        details: { topic: this.#topic, partition },
      },
    );
  }

  /** Handed out of or about to be given up: its offsets may be committed. @throws QError `PARTITION_NOT_OWNED`. */
  held(partition: number): OwnedPartition {
    const owned = this.#owned.get(partition);
    return owned === undefined || owned.reader === null ? this.active(partition) : owned;
  }

  add(topicId: string, partition: number): OwnedPartition {
    const owned = new OwnedPartition({
      topic: this.#topic,
      topicId,
      partition,
      onAck: (messages) => this.#acked(messages),
    });
    this.#owned.set(partition, owned);
    return owned;
  }

  /** So many messages of the partition are in the hands of the application. */
  handedOut(owned: OwnedPartition, messages: number): void {
    owned.unacked += messages;
    this.unacked += messages;
    this.progress += 1;
  }

  /** Nobody waits any more for what was handed out of the partition. */
  forgetUnacked(owned: OwnedPartition): void {
    this.unacked -= owned.forgetUnacked();
    this.notify();
    this.#onFewer();
  }

  /** Takes the partition out. What is handed out of it cannot be acknowledged any more. */
  leave(owned: OwnedPartition, because: string): void {
    if (owned.isGone) return;
    if (this.#owned.get(owned.partition) === owned) this.#owned.delete(owned.partition);
    owned.leave(because);
    this.forgetUnacked(owned);
  }

  /** The oldest message that is not acknowledged, of the partition that waits for the lowest offset. */
  oldest(): { partition: number; offset: number } | null {
    const waiting = this.all()
      .filter(({ unacked }) => unacked > 0)
      .map(({ partition, tracker }) => ({ partition, offset: tracker.prefix }));
    return waiting.reduce<{ partition: number; offset: number } | null>(
      (least, other) => (least === null || other.offset < least.offset ? other : least),
      null,
    );
  }

  /** Nothing that was handed out is worth waiting for. */
  get isQuiet(): boolean {
    for (const owned of this.#owned.values()) if (!owned.isQuiet) return false;
    return true;
  }

  /**
   * Resolves when the condition, which depends on acknowledgements and on what calls `notify`, holds, or when the time
   * is over.
   */
  until(isOver: () => boolean, timeoutMs: number): Promise<void> {
    if (isOver() || timeoutMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter: Waiter = { isOver, resolve: () => finish() };
      const timer = this.#clock.schedule(timeoutMs, () => finish());
      const finish = (): void => {
        timer.cancel();
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        resolve();
      };
      this.#waiters.push(waiter);
    });
  }

  /** The conditions of `until` are looked at again. */
  notify(): void {
    for (const waiter of this.#waiters) if (waiter.isOver()) waiter.resolve();
  }

  #acked(messages: number): void {
    this.unacked -= messages;
    this.acked += messages;
    this.progress += 1;
    if (this.#waiters.length > 0) this.notify();
    this.#onFewer();
  }
}
