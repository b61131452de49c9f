import { QError } from '@q/protocol';

import type { PartitionReader } from '../consumer/partition-reader.ts';
import { AckTracker } from './ack-tracker.ts';

/**
 * `positioning`: the group says that it is ours, where it begins is not known yet; `active`: its messages are handed
 * out; `releasing`: no more are, those handed out are waited for; `gone`: it may be somebody else's.
 */
export type OwnedState = 'positioning' | 'active' | 'releasing' | 'gone';

/**
 * A partition while this member owns it. Assigned again later it is another object: what was handed out before counts
 * no more.
 *
 * Invariants
 * - The state moves in the order of {@link OwnedState} and never back; it may skip.
 * - `reader` is there from `active` on until the partition is gone.
 * - `unacked` is the number of messages handed out and neither acknowledged nor forgotten.
 */
export class OwnedPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly tracker: AckTracker = new AckTracker(0);
  reader: PartitionReader | null = null;
  state: OwnedState = 'positioning';
  /** Whether where it begins was committed, if it had to be, or that is not tried any more. */
  hasPosition = false;
  unacked = 0;
  /** Messages acknowledged so far, and how many of them when the last prefix was read that is committed now. */
  acked = 0;
  ackedAtCommit = 0;
  /** The prefix of which the group knows; -1: none. */
  committedPrefix = -1;
  /** Why the last commit of what is acknowledged was refused; null: it was not. */
  commitTrouble: string | null = null;
  readonly #onAck: (messages: number) => void;
  /**
   * Of what is unacked, how many messages of which entries are not worth waiting for: the loop was left, or their
   * handler failed.
   */
  readonly #givenUp = new Map<number, number>();
  #gone: AbortController | null = null;
  #closedBecause = '';

  constructor(o: { topic: string; topicId: string; partition: number; onAck: (messages: number) => void }) {
    this.topic = o.topic;
    this.topicId = o.topicId;
    this.partition = o.partition;
    this.#onAck = o.onAck;
  }

  get isGone(): boolean {
    return this.state === 'gone';
  }

  /** Acknowledgements count no more: it is gone, or about to be. */
  get isClosed(): boolean {
    return this.#closedBecause !== '';
  }

  /** There is nothing to wait for before it may be given up. */
  get isQuiet(): boolean {
    let givenUp = 0;
    for (const messages of this.#givenUp.values()) givenUp += messages;
    return this.unacked <= givenUp;
  }

  /** Everything that is acknowledged without a gap is committed. */
  get isCommitted(): boolean {
    return this.committedPrefix === this.tracker.prefix;
  }

  /** Aborts when the partition is closed. Made when somebody asks for it. */
  get signal(): AbortSignal {
    if (this.#gone === null) {
      this.#gone = new AbortController();
      if (this.isClosed) this.#gone.abort(this.notOwned());
    }
    return this.#gone.signal;
  }

  /**
   * Acknowledges what was handed out under this number. `onNews` is called if it was not acknowledged before: ahead of
   * everything that looks whether the loop may go on now.
   *
   * @throws QError `PARTITION_NOT_OWNED`.
   */
  ack(sequence: number, messages: number, onNews: (() => void) | null): void {
    if (this.isClosed) throw this.notOwned();
    if (!this.tracker.ack(sequence)) return;
    if (this.#givenUp.size > 0) this.#givenUp.delete(sequence);
    onNews?.();
    this.#acked(messages);
  }

  /**
   * So much is committed by hand: everything below it counts as acknowledged, also when acknowledgements are refused
   * already. `onNews` as in `ack`.
   */
  ackBelow(offset: number, onNews: () => void): void {
    const messages = this.tracker.ackBelow(offset);
    for (const sequence of this.#givenUp.keys()) if (!this.tracker.isPending(sequence)) this.#givenUp.delete(sequence);
    onNews();
    if (messages > 0) this.#acked(messages);
  }

  #acked(messages: number): void {
    this.unacked -= messages;
    this.acked += messages;
    this.#onAck(messages);
  }

  /** Nobody is to wait for what was handed out under this number. It still counts if it is acknowledged. */
  giveUp(sequence: number, messages: number): void {
    if (this.isClosed || !this.tracker.isPending(sequence)) return;
    this.#givenUp.set(sequence, messages);
  }

  /** Nobody waits any more for what was handed out. Returns how many messages that was. */
  forgetUnacked(): number {
    const { unacked } = this;
    this.unacked = 0;
    this.#givenUp.clear();
    return unacked;
  }

  /** From now on acknowledgements are refused: what there is will be committed, and then the partition goes. */
  close(because: string): void {
    if (this.isClosed) return;
    this.#closedBecause = because;
    this.#gone?.abort(this.notOwned());
  }

  leave(because: string): void {
    this.close(because);
    this.state = 'gone';
    this.reader = null;
  }

  notOwned(): QError {
    const { topic, partition } = this;
    return new QError(
      'PARTITION_NOT_OWNED',
      `Topic "${topic}", partition ${partition} is not this consumer's any more: ${this.#closedBecause}`,
      { details: { topic, partition } },
    );
  }
}
