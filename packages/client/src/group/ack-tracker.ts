const capacityMin = 16;

/** What an entry stands for, where that is not one record. */
interface Extent {
  /** The offset to go on with once it is acknowledged. */
  readonly next: number;
  readonly messages: number;
}

/**
 * What was handed out of one partition and is not acknowledged: a ring of offsets, so that an acknowledgement costs a
 * few array accesses and nothing is allocated for a message.
 *
 *     offsets:    ... acked, forgotten | head: not acked | acked or not ... | tail: not handed out yet
 *     prefix:                            ^ this offset, or `next` when nothing is between head and tail; `floor` if that is more
 *
 * Invariants
 * - Entries are numbered in the order of their offsets; numbers are never used again. Everything below `head` is
 *   acknowledged.
 * - The entry at `head` is not acknowledged, if there is one: the prefix has moved as far as it can.
 * - `next` is the offset after the last entry, or beyond it where offsets hold no record.
 * - Everything below `floor` is acknowledged, also what is added later: that much was committed by hand.
 * - The owner bounds how many entries there are; the ring grows to that and keeps its size.
 */
export class AckTracker {
  #offsets = new Float64Array(capacityMin);
  #isAcked = new Uint8Array(capacityMin);
  #head = 0;
  #tail = 0;
  #next: number;
  #floor = 0;
  /** Of entries that are more than one record, by number, until they are acknowledged. */
  readonly #extents = new Map<number, Extent>();
  #life = 0;

  constructor(position: number) {
    this.#next = position;
  }

  /** Everything below this offset is acknowledged, or holds no record: what may be committed. */
  get prefix(): number {
    return Math.max(this.#floor, this.#head === this.#tail ? this.#next : this.#at(this.#head));
  }

  /** Another one after each `reset`: what was begun before it is about offsets that were forgotten. */
  get life(): number {
    return this.#life;
  }

  get isEmpty(): boolean {
    return this.#head === this.#tail;
  }

  /** The offset after everything that was handed out. */
  get end(): number {
    return this.#next;
  }

  /**
   * Handed out: returns the number that `ack` wants. `next` is the offset to go on with once it is acknowledged, which
   * it is at once below the floor.
   */
  add(offset: number, next: number, messages = 1): number {
    if (this.#tail - this.#head === this.#offsets.length) this.#grow();
    const sequence = this.#tail;
    const slot = sequence & (this.#offsets.length - 1);
    this.#offsets[slot] = offset;
    this.#isAcked[slot] = 0;
    this.#tail = sequence + 1;
    this.#next = next;
    if (next !== offset + 1 || messages !== 1) this.#extents.set(sequence, { next, messages });
    if (next <= this.#floor) this.ack(sequence);
    return sequence;
  }

  /** Returns whether that was news: false for an entry that was acknowledged before, or forgotten. */
  ack(sequence: number): boolean {
    if (!this.isPending(sequence)) return false;
    if (this.#extents.size > 0) this.#extents.delete(sequence);
    this.#isAcked[sequence & (this.#offsets.length - 1)] = 1;
    if (sequence === this.#head) this.#moveHead();
    return true;
  }

  /** Everything below the offset is acknowledged, handed out or not. Returns how many messages that is news for. */
  ackBelow(offset: number): number {
    if (offset > this.#floor) this.#floor = offset;
    let messages = 0;
    for (let sequence = this.#head; sequence < this.#tail && this.#at(sequence) < offset; sequence += 1) {
      const extent = this.#extents.get(sequence) ?? { next: this.#at(sequence) + 1, messages: 1 };
      if (extent.next <= offset && this.ack(sequence)) messages += extent.messages;
    }
    return messages;
  }

  /** The offset to go on with behind this entry: where it is the last one, behind markers that were passed, too. */
  nextAfter(sequence: number, offset: number): number {
    return sequence === this.#tail - 1 ? this.#next : offset + 1;
  }

  isPending(sequence: number): boolean {
    return sequence >= this.#head && this.#isAcked[sequence & (this.#offsets.length - 1)] === 0;
  }

  /** Offsets up to this one hold no further records. */
  pass(next: number): void {
    if (next > this.#next) this.#next = next;
  }

  /** Forgets everything: the partition is read from another offset on. */
  reset(position: number): void {
    this.#head = this.#tail;
    this.#next = position;
    this.#floor = 0;
    this.#extents.clear();
    this.#life += 1;
  }

  #moveHead(): void {
    const mask = this.#offsets.length - 1;
    let head = this.#head;
    while (head < this.#tail && this.#isAcked[head & mask] === 1) head += 1;
    this.#head = head;
  }

  #at(sequence: number): number {
    return this.#offsets[sequence & (this.#offsets.length - 1)] as number;
  }

  /** The capacity stays a power of two, so that a slot is found with a mask. */
  #grow(): void {
    const offsets = new Float64Array(this.#offsets.length * 2);
    const isAcked = new Uint8Array(offsets.length);
    for (let sequence = this.#head; sequence < this.#tail; sequence += 1) {
      const slot = sequence & (offsets.length - 1);
      offsets[slot] = this.#at(sequence);
      isAcked[slot] = this.#isAcked[sequence & (this.#isAcked.length - 1)] as number;
    }
    this.#offsets = offsets;
    this.#isAcked = isAcked;
  }
}
